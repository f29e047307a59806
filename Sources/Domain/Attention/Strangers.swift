package import Chat
package import Delivery
internal import JSON
internal import Logging
package import People
internal import Primitives
package import Store
package import Threads

/// What strangers get who write to the bot directly: one line a day that says how to get access, and for those whose
/// identity lasts the owners are asked.
///
/// Nothing of what they write is stored, and no turn begins.
package final class Strangers: Sendable {
    private let store: SessionStore
    private let adapters: AdapterRegistry
    private let access: AccessControl
    private let notices: AskNotices
    private let environment: BridgeEnvironment
    private let book = Protected(StrangerBook())

    /// For the line to be posted: their network waits with what follows.
    private static let patience: Duration = .seconds(5)

    package init(
        store: SessionStore, adapters: AdapterRegistry, access: AccessControl, notices: AskNotices,
        environment: BridgeEnvironment
    ) {
        self.store = store
        self.adapters = adapters
        self.access = access
        self.notices = notices
        self.environment = environment
    }

    /// Answers a stranger's direct message. Returns the ask that goes to the owners, if there is a new one.
    package func meet(_ message: InboundMessage) async -> AskRecord? {
        let (sender, network) = (message.sender, message.thread.adapter)
        let now = self.environment.now()
        // Whom an owner has removed is not answered any more.
        guard message.isDirect, !sender.isBot, !sender.isSelf, !message.isBacklog, !self.access.isRemoved(sender),
            self.book.withLock({ $0.mayMeet(sender.id, on: network, at: now) })
        else { return nil }
        do {
            let (isDue, ask) = try await self.store.write(of: Place(of: message.thread)) { ledger in
                try self.note(message, in: ledger, at: now)
            }
            // A command that only they see, as on Slack, has told them.
            if isDue, message.route.commandPrefix == nil {
                await self.environment.speaking(to: sender.id, in: self.store) {
                    await self.welcome(message, isAsked: ask != nil)
                }
            }
            if ask != nil { self.notices.askWasStored() }
            return ask
        } catch {
            self.environment.logger.info(
                "a stranger was not answered", ["network": .string("\(network)"), "error": .string("\(error)")])
            return nil
        }
    }

    /// Whether the line is due, and the ask.
    private func note(_ message: InboundMessage, in ledger: Ledger, at now: Int64) throws -> (Bool, AskRecord?) {
        let (sender, network) = (message.sender, message.thread.adapter)
        try ledger.forgetStrangers(before: now - StrangerBook.day, after: now)
        let isDue = try ledger.noteStranger(sender.id, on: network, at: now)
        guard isDue, self.access.takesRequests, sender.isLasting,
            try ledger.openAsks(.access, on: network) < AccessAsking.limit
        else { return (isDue, nil) }
        return (isDue, try AccessAsking(message: message, notices: self.notices, at: now).write(to: ledger))
    }

    private func welcome(_ message: InboundMessage, isAsked: Bool) async {
        guard let adapter = self.adapters[message.route.room.adapter] else { return }
        let traits = self.adapters.traits(of: message.route.room)
        let text = NoticeTexts.stranger(
            traits.sign, isPairingAllowed: self.access.isPairingAllowed, isAsked: isAsked)
        let messages = Composer(traits: traits, renderer: adapter.renderer).messages(for: text)
        // Of no thread, so no outbox could keep it.
        _ = await withDeadline(Self.patience) { () async throws(Never) in
            for text in messages {
                _ = try? await adapter.post(
                    OutgoingMessage(text: text, route: message.route, token: Identifier.make("m")))
            }
        }
    }
}
