internal import Chat
internal import Primitives
internal import Sessions

/// Whose invitations an adapter accepts: those of people who may talk to the bot, and invitations to a direct
/// conversation from anyone while a pairing code is unused. Adapters are created before the access lists; until
/// ``ask(_:)`` is called, every invitation is refused.
final class InvitationPolicy: Sendable {
    private let access = Protected<AccessControl?>(nil)

    func ask(_ access: AccessControl) { self.access.withLock { $0 = access } }

    func allows(_ sender: Sender) -> Bool { self.access.withLock { $0 }?.role(of: sender) != nil }

    func expectsPairing() async -> Bool { await self.access.withLock { $0 }?.expectsPairing() ?? false }
}
