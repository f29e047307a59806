internal import Chat
internal import EventLoop
internal import JSON
internal import Logging

/// What people wrote so long ago that an answer would only surprise them. It stays in the inbox until it is listed.
extension Conversation {
    /// So many are listed together; then the next line begins.
    static let staleLimit = 200
    /// So many are quoted.
    static let staleQuotes = 5

    /// Keeps a stale message until no more come, or until a fresh one does.
    func putAside(_ stored: StoredMessage) async throws -> Submission? {
        self.stale.append(stored)
        if self.stale.count >= Self.staleLimit { return try await self.listStale() }
        self.staleAlarm = Alarm(after: self.environment.settings.staleGathering) { [weak self] in
            // The alarm rings on the loop, so the conversation is entered by a task.
            Task { await self?.staleIsDue() }
        }
        return nil
    }

    private func staleIsDue() async {
        do {
            _ = try await self.listStale()
        } catch {
            // They stay in the inbox, for the next start.
            self.environment.logger.error(
                "stale messages could not be listed", ["thread": "\(self.key)", "error": .string("\(error)")])
        }
    }

    /// Lists what was put aside in one line.
    @discardableResult
    func listStale() async throws -> Submission? {
        guard let last = self.stale.last else { return nil }
        let stale = self.stale
        self.stale = []
        self.staleAlarm = nil
        return try await self.reply(to: last, with: Self.line(for: stale.map(\.message.text))) { ledger, _ in
            for stored in stale { try ledger.finishEvent(stored.number, turn: nil) }
        }
    }

    /// The line about messages with these texts.
    static func line(for texts: [String]) -> String {
        let quotes = texts.prefix(Self.staleQuotes).map { "“\(Self.excerpt($0))”" }.joined(separator: ", ")
        let more = texts.count > Self.staleQuotes ? " and \(texts.count - Self.staleQuotes) more" : ""
        return texts.count == 1
            ? "A message from more than a day ago was not answered: \(quotes). Ask again if it still matters."
            : "\(texts.count) messages from more than a day ago were not answered: \(quotes)\(more). "
                + "Ask again if they still matter."
    }

    private static func excerpt(_ text: String) -> String {
        let line = text.trimmed.prefix(200).split(whereSeparator: \.isNewline).first.map(String.init) ?? "…"
        let short = line.count <= 40 ? line : String(line.prefix(39)).trimmed + "…"
        return short.map { "\\`*_[]<>#|~".contains($0) ? "\\\($0)" : String($0) }.joined()
    }
}
