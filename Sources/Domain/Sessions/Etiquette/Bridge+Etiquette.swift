internal import Chat
internal import Delivery
internal import Etiquette
internal import Joining
internal import People
internal import Primitives
internal import Store
internal import Threads

/// What the decision about a message needs to know of its thread.
extension Bridge {
    /// A message as it counts here, and what it wants.
    struct Reading {
        var message: InboundMessage
        var intent: Intent
        /// It calls the bot back into a muted thread.
        var endsMute = false
    }

    /// Determines what a message wants. What it stands for by its thread is noted in it, so that it means the same when it is
    /// read again after a restart.
    ///
    /// - Parameter thread: That of its session.
    func determine(_ message: InboundMessage, in thread: ThreadKey, as role: Role?) async throws -> Reading {
        let traits = self.adapters.traits(of: message.route.room)
        var situation = Situation(
            sign: traits.sign.character, isPairingAllowed: self.access.isPairingAllowed,
            answers: self.environment.settings.answers.threads(in: message.route.room), names: traits.names,
            isMuted: self.mutes.mayContain(thread) ? nil : false)
        while true {
            switch Intent.determine(message, role: role, in: situation) {
            case .needs(let fact):
                situation.set(fact, try await self.holds(fact, of: message, in: thread))
            case .intent(let intent, let endsMute):
                var message = message
                if situation.isPart == true { message = message.addressed }
                if situation.isBusy == true { message = message.stopping }
                if case .chat(let text) = intent, !text.isEmpty, message.text.trimmed.isEmpty {
                    message = message.reading(text)
                }
                return Reading(message: message, intent: intent, endsMute: endsMute)
            }
        }
    }

    private func holds(
        _ fact: Situation.Fact, of message: InboundMessage, in thread: ThreadKey
    ) async throws -> Bool {
        switch fact {
        case .part:
            // Whether the bot has a session there.
            if self.conversations.contains(thread) { return true }
            return try await self.store.read { ledger in try ledger.session(for: thread) != nil }
        case .muted: return try await self.store.read { ledger in try ledger.isMuted(thread) }
        case .shared:
            return try await self.store.read { ledger in try ledger.hasOthers(than: message.sender, in: thread) }
        case .asked: return try await self.store.read { ledger in try ledger.isAsked(message.text.trimmed, in: thread) }
        case .busy:
            guard await self.conversations.existing(thread)?.isAnswering == true else { return false }
            // `cancel` may be what somebody chooses.
            return try await self.store.read { ledger in try !ledger.offers(message.text.trimmed, in: thread) }
        }
    }

    /// Reads which threads of some places are muted.
    func loadMutes(of places: Places) async throws {
        self.mutes.add(try await self.store.read { ledger in try ledger.mutedThreads(in: places) })
    }
}

extension Conversation {
    /// Whether a turn runs or waits, or a question is on its way to become one.
    var isAnswering: Bool { !self.turns.isIdle || self.mailbox.hasQuestion }

    /// `mute`, `unmute`.
    func mute(_ isOn: Bool, for stored: StoredMessage, sign: CommandSign) async throws -> Submission? {
        if isOn { self.context.mutes.add([self.key]) }
        let text = isOn ? CommandTexts.muted(isDirect: stored.message.isDirect, sign: sign) : CommandTexts.unmuted
        return try await self.reply(to: stored, with: text) { _, session in session.isMuted = isOn }
    }
}
