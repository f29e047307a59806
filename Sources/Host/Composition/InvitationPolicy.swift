internal import Chat
internal import Primitives
internal import Sessions

/// Whose invitations an adapter accepts: those of people who may talk to the bot, and into a direct conversation those of
/// anybody while a pairing code waits to be used. Adapters are made before the access lists that it asks; until they are
/// there nobody may.
final class InvitationPolicy: Sendable {
    private let access = Protected<AccessControl?>(nil)

    func ask(_ access: AccessControl) { self.access.withLock { $0 = access } }

    func allows(_ sender: Sender) -> Bool { self.access.withLock { $0 }?.role(of: sender) != nil }

    func expectsPairing() async -> Bool { await self.access.withLock { $0 }?.expectsPairing() ?? false }
}
