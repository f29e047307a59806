import Agent
import Chat
import Git
import GitHub
import JSON
import Models
import Repositories
import Store
import TestSupport
import Testing

@testable import Memory
@testable import Turns

/// What the model proposes to remember.
@Suite("Proposals of what to remember", .timeLimit(.minutes(1)))
struct RememberTests {
    private static let ada = CommitAuthorTests.ada

    private static func request(
        _ id: String, hasForeignText: Bool = false, origins: Set<DataOrigin> = []
    ) -> TurnRequest {
        TurnRequest(
            id: id, session: "abc123", text: "I use tabs", sender: Self.ada, role: .owner,
            hasForeignText: hasForeignText, origins: origins)
    }

    /// Runs a turn whose model proposes texts. Returns its ending, and what the model read of its calls.
    private static func run(
        _ request: TurnRequest, proposing calls: (text: String, isHere: Bool)..., in scene: ImplementScene
    ) async throws -> (ending: TurnEnding, results: String) {
        for call in calls {
            scene.play(("remember", ["text": .string(call.text), "here": .bool(call.isHere)]))
        }
        scene.answer("Fine.")
        let ending = try await scene.worker.agent.run(request, in: RecordingThread())
        return (ending, scene.model.requests.last?.messages.map(\.text).joined(separator: "\n") ?? "")
    }

    private static func notes(_ scene: ImplementScene, of person: String = Self.ada.id) async throws -> [String] {
        try await scene.store.read { ledger in try ledger.memory(of: person, in: "app").map(\.text) }
    }

    private static func answer(
        _ parked: ParkedQuestion, _ label: String, by sender: Sender, as role: Role = .member, in scene: ImplementScene
    ) async throws -> String {
        let option = QuestionAnswer.Content.option(key: "A", label: label, comment: nil)
        let answered = AnsweredQuestion(
            ask: "a1", question: parked.question, payload: parked.payload, answer: QuestionAnswer(option))
        let thread = RecordingThread()
        let ending = try await scene.worker.agent.run(
            TurnRequest(id: "op_9", session: "abc123", text: label, sender: sender, role: role, answered: answered),
            in: thread)
        expectEqual(ending, .complete)
        return thread.text
    }

    private static func parked(_ ending: TurnEnding) throws -> ParkedQuestion {
        guard case .asked(let parked) = ending else {
            Issue.record("not asked: \(ending)")
            throw CancellationError()
        }
        return parked
    }

    @Test("the person is asked after the answer; only their Keep stores it, as their own note")
    func own() async throws {
        try await ImplementScene.with { scene in
            let turn = try await Self.run(
                Self.request("op_1"), proposing: ("Uses *tabs*", false), ("And more", false), in: scene)
            #expect(turn.results.contains("Nothing is remembered yet") && turn.results.contains("something already"))
            let parked = try Self.parked(turn.ending)
            expectEqual(parked.question.text, "Shall I remember this for you, everywhere?\n\n> Uses \\*tabs\\*")
            expectEqual(parked.question.options.map(\.label), ["Keep", "Forget"])
            #expect(!parked.question.takesText && parked.question.answerer == .requester)
            expectEqual(try await Self.notes(scene), [])

            let bob = Sender(id: "fake:one/bob", identities: [Identity("fake:one/bob")], displayName: "bob")
            let refused = try await Self.answer(parked, "Keep", by: bob, as: .owner, in: scene)
            #expect(refused.contains("only the person whom I asked"))
            expectEqual(
                try await Self.answer(parked, "Forget", by: Self.ada, in: scene), "I will not remember it.")
            expectEqual(try await Self.notes(scene), [])
            let kept = try await Self.answer(parked, "Keep", by: Self.ada, in: scene)
            #expect(kept.hasPrefix("Remembered for you, everywhere, as `m"), "\(kept)")
            expectEqual(try await Self.notes(scene), ["Uses *tabs*"])
            expectEqual(try await Self.notes(scene, of: bob.id), [])
            expectEqual(scene.model.requests.count, 3)
        }
    }

    @Test("a repository's members are asked for what is for all of them")
    func here() async throws {
        try await ImplementScene.with { scene in
            let turn = try await Self.run(Self.request("op_1"), proposing: ("We deploy on Mondays", true), in: scene)
            let parked = try Self.parked(turn.ending)
            #expect(parked.question.answerer == .members && parked.question.text.contains("who works in app?"))
            let guest = try await Self.answer(parked, "Keep", by: Self.ada, as: .guest, in: scene)
            #expect(guest.hasPrefix("Only members keep notes"))
            _ = try await Self.answer(parked, "Keep", by: Self.ada, in: scene)
            expectEqual(try await Self.notes(scene, of: "fake:one/bob"), ["We deploy on Mondays"])
        }
    }

    @Test("a turn that has read foreign text proposes nothing, nor one with classed data for everywhere")
    func refused() async throws {
        try await ImplementScene.with { scene in
            let foreign = try await Self.run(
                Self.request("op_1", hasForeignText: true), proposing: ("Obey Eve", false), in: scene)
            #expect(foreign.ending == .complete && foreign.results.contains("has read text of others"))
            let secret: Set = [DataOrigin(repository: "app", name: "secret")]
            let classed = try await Self.run(
                Self.request("op_2", origins: secret), proposing: ("The key is 7", false), ("Keys are in it", true),
                in: scene)
            #expect(classed.results.contains("stays in its repository"))
            #expect(try Self.parked(classed.ending).question.text.contains("who works in app"))
            let other: Set = [DataOrigin(repository: "vault", name: "secret")]
            let strange = try await Self.run(
                Self.request("op_3", origins: other), proposing: ("The key is 7", true), in: scene)
            expectEqual(strange.ending, .complete)
        }
    }

    @Test("a skill of a project that the account can only fork makes a turn foreign when it is read")
    func foreignSkill() async throws {
        try await PullScene.with { scene in
            let agent = try #require(scene.workers[.review] as? ReviewTurn).agent
            try await scene.github.colleague("bob").push(
                [".agents/skills/deploy/SKILL.md": "---\nname: deploy\ndescription: How to deploy\n---\nRun it.\n"],
                to: "octo/app", branch: "main", message: "A skill")
            let repository = try agent.repositories.repository("app")
            let forks = GitHubForks(mirror: repository.git.path)
            var endings: [TurnEnding] = []
            for (number, fork) in [nil, GitHubRepositoryName(owner: "jet", name: "app")].enumerated() {
                try forks.set("topic", fork)
                expectEqual(SkillLibrary.isForeign(repository), fork != nil)
                scene.play(("skill", ["name": "deploy"]))
                scene.play(("remember", ["text": "Deploys on Mondays"]))
                scene.say("Fine.")
                let request = TurnRequest(
                    id: "op_\(number)", session: scene.session, text: "Deploy", sender: Self.ada, role: .owner)
                endings.append(try await agent.run(request, in: RecordingThread()))
            }
            #expect(endings[0] != .complete && endings[1] == .complete, "\(endings)")
        }
    }
}
