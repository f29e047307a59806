import Chat
import Git
import Logging
import Models
import Primitives
import Specs
import TestSupport
import Testing

@testable import Repositories

@Suite("a conflict with a colleague", .timeLimit(.minutes(1))) struct ConflictTurnTests {
    private static let path = "specs/001-login-page/spec.md"
    private static let sender = Sender(id: "irc:bob", identities: [], displayName: "Bob")

    /// A specification that we and a colleague have changed in the same line; we asked.
    private func asked(_ fixture: Fixture) async throws -> ParkedQuestion {
        _ = try await fixture.run("a login page", id: "op0")
        let repository = try fixture.catalog.repository(nil)
        let feature = try #require(try await repository.feature("001-login-page"))
        let text = try #require(feature.text(Self.path))
        _ = try fixture.git.shell(
            """
            git worktree add -q work 001-login-page && cd work && sed -i 's/- Accounts exist./- Theirs./' \(Self.path) \
            && git commit -qam 'Say it better' && cd .. && git worktree remove work
            """)
        let change = DocumentChange(
            branch: feature.branch, base: feature.head,
            documents: [
                try Document(path: Self.path, text: text.replacing("- Accounts exist.", with: "- Ours."))
            ],
            subject: "Clarify 001-login-page", author: GitSignature(person: Self.sender, seconds: Fixture.now),
            turn: "op1")
        let ending = try await DocumentCommitter.commit(
            change, in: repository, to: ClosureThread { _ in })
        guard case .asked(let parked) = ending else { throw TurnFailure("no question: \(ending)") }
        return parked
    }

    private func choose(_ key: String?, _ parked: ParkedQuestion, _ fixture: Fixture) async throws -> Fixture.Result {
        let content: QuestionAnswer.Content = key.map { .option(key: $0, label: "", comment: nil) } ?? .no(reason: nil)
        let request = TurnRequest(
            id: "op2", session: "t1", text: "", sender: Self.sender,
            answered: AnsweredQuestion(
                ask: "a1", question: parked.question, payload: parked.payload,
                answer: QuestionAnswer(content, by: "Bob")))
        return try await fixture.run(
            ConflictTurn(catalog: fixture.catalog, now: { Fixture.now }, logger: Logger(label: "test")), request)
    }

    @Test("the question shows both versions and three choices, and members may answer")
    func question() async throws {
        let parked = try await self.asked(try Fixture())
        #expect(parked.question.kind == .conflict && parked.question.answerer == .members)
        expectEqual(parked.kind, .conflict)
        expectEqual(
            parked.question.text,
            """
            `001-login-page` was changed in the meantime (Tester: “Say it better”), in the same place as here. \
            Nothing is overwritten; which version should it have?

            Theirs, in `\(Self.path)`:
            ```
            - Theirs.
            ```
            Ours:
            ```
            - Ours.
            ```
            """)
        expectEqual(
            parked.question.options.map(\.label).map { $0.prefix { $0 != ":" && $0 != " " } },
            [
                "Theirs", "Ours", "A",
            ])
    }

    @Test("each choice does what it says, and nothing else", arguments: ["A", "B", "C", nil])
    func choice(key: String?) async throws {
        let fixture = try Fixture()
        let parked = try await self.asked(fixture)
        let before = try fixture.git("rev-parse 001-login-page")
        let result = try await self.choose(key, parked, fixture)
        expectEqual(result.ending, .complete, "\(result.failure ?? "")")
        let spec = try fixture.git("show 001-login-page:\(Self.path)")
        #expect(spec.contains(key == "B" ? "- Ours." : "- Theirs."))
        try expectEqual(fixture.git("rev-parse 001-login-page") == before, key != "B")
        expectEqual(result.commits.count, key == "B" || key == "C" ? 1 : 0)
        if key == "B" { try fixture.git("merge-base --is-ancestor \(before) 001-login-page") }
        if key == "C" {
            expectEqual(result.commits.first?.branch, "001-login-page-2")
            #expect(try fixture.git("show 001-login-page-2:\(Self.path)").contains("- Ours."))
        }
        try fixture.git("fsck --strict")
        // After a crash the same answer comes again.
        let again = try await self.choose(key, parked, fixture)
        #expect(again.ending == .complete && again.commits == result.commits, "\(again.failure ?? "")")
    }
}
