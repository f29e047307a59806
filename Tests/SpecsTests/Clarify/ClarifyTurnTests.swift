import Chat
import Logging
import Models
import Repositories
import Specs
import TestSupport
import Testing

@Suite("clarify", .timeLimit(.minutes(1))) struct ClarifyTurnTests {
    private static let sender = Sender(id: "irc:bob", identities: [], displayName: "Bob")
    private static let mark = "[NEEDS CLARIFICATION: how long does a session last?]"
    private static let folder = "specs/001-login-page"

    private static let questions = """
        Here they are:
        ```json
        [{"question": "How long does a session last?", "options": ["A day", "A week"], "recommended": 1,
          "where": "\(Self.mark)"},
         {"question": "Who may sign in?", "options": [], "where": "Accounts exist."}]
        ```
        """

    /// A repository with a specification that has one marked question.
    private func fixture() async throws -> Fixture {
        let fixture = try Fixture()
        var model = SaidModel()
        model.text = SaidModel.specification.replacing(
            "- Accounts exist.", with: "- Accounts exist.\n- A session lasts \(Self.mark).")
        _ = try await fixture.run("a login page", id: "op0", model: model)
        return fixture
    }

    private func run(
        _ fixture: Fixture, _ model: any ModelClient, id: String, _ answered: AnsweredQuestion? = nil
    ) async throws -> Fixture.Result {
        let worker = ClarifyTurn(
            model, catalog: fixture.catalog, now: { Fixture.now }, logger: Logger(label: "test"))
        let request = TurnRequest(
            id: id, session: "t1", text: "", sender: Self.sender, feature: "001-login-page", answered: answered)
        return try await fixture.run(worker, request)
    }

    private func answered(_ result: Fixture.Result, _ content: QuestionAnswer.Content) throws -> AnsweredQuestion {
        guard case .asked(let parked) = result.ending else {
            throw TurnFailure("no question: \(result.failure ?? "\(String(describing: result.ending))")")
        }
        return AnsweredQuestion(
            ask: "a1", question: parked.question, payload: parked.payload, answer: QuestionAnswer(content, by: "Bob"))
    }

    private func spec(_ fixture: Fixture) throws -> String {
        try fixture.git("show 001-login-page:\(Self.folder)/spec.md")
    }

    @Test("one question a message; each answer is a commit with the sentence that it changes")
    func whole() async throws {
        let fixture = try await self.fixture()
        let model = ScriptedModel([
            ScriptedModel.answer(Self.questions),
            ScriptedModel.answer(#"{"old": "\#(Self.mark)", "new": "a week"}"#),
            ScriptedModel.answer(#"Sure: {"old": "Accounts exist.", "new": "Every member has an account."}"#),
        ])
        let first = try await self.run(fixture, model, id: "op1")
        guard case .asked(let parked) = first.ending else { throw TurnFailure(first.failure ?? "no question") }
        #expect(parked.question.kind == .clarify && parked.question.answerer == .members)
        expectEqual(parked.question.text, "Question 1 of 2 about `001-login-page`: How long does a session last?")
        expectEqual(parked.question.options.map(\.label), ["A day", "A week"])
        expectEqual(parked.question.options.map(\.isRecommended), [false, true])
        #expect(first.commits.isEmpty)

        let second = try await self.run(
            fixture, model, id: "op2", try self.answered(first, .option(key: "B", label: "A week", comment: nil)))
        let commit = try #require(second.commits.first)
        expectEqual(commit.subject, "Clarify 001-login-page: How long does a session last?")
        #expect(commit.branch == "001-login-page" && commit.files == 1)
        #expect(try self.spec(fixture).contains("- A session lasts a week."))
        #expect(
            try self.spec(fixture).contains(
                "### Session 2026-11-20\n\n- Q: How long does a session last? → A: A week"))

        let third = try await self.run(
            fixture, model, id: "op3", try self.answered(second, .text("members\nof the # team")))
        #expect(third.commits.count == 1 && third.ending == .complete)
        expectEqual(third.text, "2 answers are recorded in `001-login-page`. Next: `plan`.")
        #expect(try self.spec(fixture).contains("- Every member has an account."))
        #expect(try self.spec(fixture).contains("- Q: Who may sign in? → A: members of the # team"))
        #expect(try fixture.git("log -1 --format=%an 001-login-page").hasPrefix("Bob"))
        try fixture.git("fsck --strict")
    }

    @Test("an answer that was committed before a restart is not committed again")
    func again() async throws {
        let fixture = try await self.fixture()
        let model = ScriptedModel([ScriptedModel.answer(Self.questions)])
        let first = try await self.run(fixture, model, id: "op1")
        let answer = try self.answered(first, .text("an hour"))
        let once = try await self.run(fixture, model, id: "op2", answer)
        let twice = try await self.run(fixture, model, id: "op2", answer)
        #expect(once.commits == twice.commits && once.ending == twice.ending)
        try expectEqual(fixture.git("rev-list --count main..001-login-page"), "2")
    }

    @Test("without a usable change by the model the answer takes the place of the mark")
    func plain() async throws {
        let fixture = try await self.fixture()
        let model = ScriptedModel([
            ScriptedModel.answer(Self.questions),
            [.fail(ModelError(.unavailable, "The model is away."))],
            ScriptedModel.answer(#"{"old": "not in the file", "new": "x"}"#),
        ])
        let first = try await self.run(fixture, model, id: "op1")
        let second = try await self.run(fixture, model, id: "op2", try self.answered(first, .text("an hour")))
        #expect(second.notices.contains { $0.contains("The model is away.") })
        #expect(try self.spec(fixture).contains("- A session lasts an hour."))
        let third = try await self.run(fixture, model, id: "op3", try self.answered(second, .text("all of us")))
        expectEqual(third.commits.count, 1)
        #expect(try self.spec(fixture).contains("- Accounts exist."))
        #expect(try self.spec(fixture).contains("→ A: all of us"))
    }

    @Test("`no` skips a question and `done` ends")
    func skipped() async throws {
        let fixture = try await self.fixture()
        let model = ScriptedModel([ScriptedModel.answer(Self.questions)])
        let first = try await self.run(fixture, model, id: "op1")
        let second = try await self.run(fixture, model, id: "op2", try self.answered(first, .no(reason: nil)))
        let third = try await self.run(fixture, model, id: "op3", try self.answered(second, .done))
        #expect(third.ending == .complete && third.commits.isEmpty)
        expectEqual(third.text, "No answer was recorded in `001-login-page`, 2 left open. Next: `plan`.")
    }

    @Test("a model that fails or talks leaves the questions that the specification marks")
    func fallback() async throws {
        let fixture = try await self.fixture()
        for script in [[.fail(ModelError(.unavailable, "The model is away."))], ScriptedModel.answer("I see nothing.")]
        {
            let result = try await self.run(fixture, ScriptedModel([script]), id: "op1")
            guard case .asked(let parked) = result.ending else { throw TurnFailure(result.failure ?? "no question") }
            expectEqual(parked.question.text, "Question 1 of 1 about `001-login-page`: how long does a session last?")
        }
    }

    @Test("a colleague's edit of the same sentence is kept: the answer is recorded without it")
    func edited() async throws {
        let fixture = try await self.fixture()
        let model = ScriptedModel([
            ScriptedModel.answer(Self.questions), ScriptedModel.answer(#"{"old": "\#(Self.mark)", "new": "a day"}"#),
        ])
        let first = try await self.run(fixture, model, id: "op1")
        _ = try fixture.git.shell(
            """
            git worktree add -q work 001-login-page && cd work && sed -i 's/\\[NEEDS.*\\]/one hour/' \(Self.folder)/spec.md \
            && git commit -qam Edit && cd .. && git worktree remove work
            """)
        _ = try await self.run(fixture, model, id: "op2", try self.answered(first, .text("a day")))
        #expect(try self.spec(fixture).contains("- A session lasts one hour."))
        #expect(try self.spec(fixture).contains("→ A: a day"))
    }
}
