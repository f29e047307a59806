internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// Messages so old that people no longer expect an answer. They stay in the inbox until they are listed.
extension Conversation {
    /// The maximum number of messages in one line.
    static let staleLimit = 200

    /// Keeps a stale message until no more arrive or a fresh one does.
    func putAside(_ stored: StoredMessage) async throws -> Submission? {
        self.stale.append(stored)
        if self.stale.count >= Self.staleLimit { return try await self.listStale() }
        self.staleAlarm = Alarm(after: self.environment.settings.staleGathering) { [weak self] in
            // The alarm fires on the event loop, so the conversation is entered by a task.
            Task { await self?.staleIsDue() }
        }
        return nil
    }

    private func staleIsDue() async {
        do {
            _ = try await self.listStale()
        } catch {
            // They stay in the inbox for the next start.
            self.environment.logger.error(
                "stale messages could not be listed", ["thread": "\(self.key)", "error": .string("\(error)")])
        }
    }

    /// Lists the messages that were put aside in one line.
    @discardableResult
    func listStale() async throws -> Submission? {
        guard let last = self.stale.last else { return nil }
        let stale = self.stale
        self.stale = []
        self.staleAlarm = nil
        return try await self.reply(to: last, with: TurnTexts.stale(stale.map(\.message.text))) { ledger, _ in
            for stored in stale { try ledger.finishEvent(stored.number, turn: nil) }
        }
    }
}
