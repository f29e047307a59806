package import Chat
internal import Database
internal import People
internal import Primitives
package import Store

/// What the model proposes to remember. It is a parked question: only its answer, *Keep* by the person whom the turn was for,
/// stores anything; it expires without a word.
package struct MemoryProposal: Sendable, Equatable {
    /// Bytes of a proposed text, and proposals in a thread a day.
    package static let textLimit = 300
    package static let dailyLimit = 3

    private static let keep = "Keep"
    private static let forget = "Forget"
    private static let day: Int64 = 86_400_000

    /// One line.
    package let text: String
    /// The identity of the person whom it is for.
    package let person: String
    /// Nil: for the person, everywhere. Otherwise for the repository's members.
    package let repository: String?

    package init(text: String, person: String, repository: String?) {
        self.text = text
        self.person = person
        self.repository = repository
    }

    /// The proposal that a question was about; nil for another question.
    package init?(_ answered: AnsweredQuestion) {
        let parts = answered.payload.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        guard answered.question.kind == .memory, parts.count == 3 else { return nil }
        self.person = String(parts[0])
        self.repository = parts[1].isEmpty ? nil : String(parts[1])
        self.text = String(parts[2])
    }

    package var parked: ParkedQuestion {
        let place =
            self.repository.map { "for everybody who works in \(EscapedText.markdown($0))" } ?? "for you, everywhere"
        return ParkedQuestion(
            ThreadQuestion(
                .memory, "Shall I remember this \(place)?\n\n> \(EscapedText.markdown(self.text))",
                options: [ThreadQuestion.Option(Self.keep), ThreadQuestion.Option(Self.forget)],
                answerer: self.repository == nil ? .requester : .members),
            lifetime: .milliseconds(Self.day), kind: .chat,
            payload: "\(self.person)\n\(self.repository ?? "")\n\(self.text)")
    }

    /// Whether a thread has had as many proposals as it may within a day.
    package static func isExhausted(_ session: String, in ledger: Ledger, at now: Int64) throws -> Bool {
        let rows = try ledger.connection.query(
            """
            SELECT number FROM asks WHERE session = ? AND created_at > ? AND kind = 'question'
            AND question LIKE '%"memory":true%' LIMIT ?
            """, [.text(session), .integer(now - Self.day), .integer(Int64(Self.dailyLimit))])
        return rows.count == Self.dailyLimit
    }

    /// Stores the note if the answer is *Keep*, by whoever may give it. Returns what the bot says, in Markdown.
    ///
    /// - Parameter role: The answerer's.
    package func reply(
        to answer: QuestionAnswer.Content, by sender: Sender, as role: Role, in store: SessionStore, at now: Int64
    ) async throws -> String {
        guard case .option(_, Self.keep, _) = answer else { return "I will not remember it." }
        if self.repository == nil {
            let person = self.person
            let isOwn = try await store.read { ledger in try ledger.identities(of: sender.id).contains(person) }
            // Owners may answer any question, but nobody's memory is another person's to fill.
            guard isOwn else { return "Nothing is remembered: only the person whom I asked can keep that." }
        }
        let desk = MemoryDesk(store: store, person: sender, role: role, repository: self.repository)
        do {
            return MemoryTexts.proposed(
                try await desk.remember(self.text, isHere: self.repository != nil, at: now))
        } catch let refusal as MemoryRefusal {
            return refusal.description
        }
    }
}
