import Agent
import Audit
import Chat
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Work

/// Whole turns in which something changes between the question and the act.
@Suite("Attacks on approvals of calls", .timeLimit(.minutes(1)))
struct ApprovalAttackTests {
    /// People who answer by a closure, and an audit.
    private final class People: TurnThread, AuditRecorder {
        private let answer: @Sendable ([ApprovalRequest]) async throws -> [ApprovalOutcome]
        private let state = Protected(
            (batches: [[ApprovalRequest]](), requests: [ApprovalRequest](), entries: [AuditEntry]()))

        init(_ answer: @escaping @Sendable ([ApprovalRequest]) async throws -> [ApprovalOutcome]) {
            self.answer = answer
        }

        var batches: [[ApprovalRequest]] { self.state.withLock { $0.batches } }
        var previews: [String?] { self.batches.joined().map(\.preview) }
        var subjects: [String] { self.state.withLock { $0.requests.map(\.subject) } }
        var outcomes: [String] {
            self.state.withLock { $0.entries.compactMap { $0.details["outcome"]?.stringValue } }
        }

        func report(_ event: TurnEvent) async throws {}

        func approval(of request: ApprovalRequest) async throws -> ApprovalOutcome {
            try await self.approvals(of: [request])[0]
        }

        func approvals(of requests: [ApprovalRequest]) async throws -> [ApprovalOutcome] {
            self.state.withLock { state in
                state.requests += requests
                state.batches.append(requests)
            }
            return try await self.answer(requests)
        }

        func record(_ entry: AuditEntry) async throws { self.state.withLock { $0.entries.append(entry) } }
    }

    private static let approved = ApprovalOutcome.approved(ask: "a1", by: "bob")
    private static let denied = ApprovalOutcome.denied(by: "bob", reason: nil)
    private static let asking = Policy(approvals: Policy.Approvals(commands: .ask, writes: .ask, network: .ask))

    private static func results(_ model: ScriptedModel) -> [String] {
        model.requests.last?.messages.filter { $0.role == .tool }.map(\.text) ?? []
    }

    @Test(
        "what changes between the question and the write is neither overwritten nor followed",
        arguments: [
            "echo theirs > dir/a.txt", "rm dir/a.txt", "rm dir/a.txt; ln -s ../../../../outside/a.txt dir/a.txt",
            "rm -r dir; ln -s ../../../outside dir", "rm dir/a.txt; mkfifo dir/a.txt", "echo theirs >> dir/a.txt",
        ])
    func changed(_ attack: String) async throws {
        for arguments in [
            ("edit", ["path": "dir/a.txt", "old": "mine", "new": "owned"]),
            (
                "patch",
                ["text": "*** Begin Patch\n*** Add File: new\n+owned\n*** Delete File: dir/a.txt\n*** End Patch"]
            ),
        ] as [(String, JSON)] {
            let fixture = try await ToolFixture(["dir/a.txt": "mine\n"])
            try fixture.shell("mkdir ../../../outside; echo mine > ../../../outside/a.txt")
            let state = "find . ../../../outside | sort; find . ../../../outside -type f -exec cat {} +"
            let after = Protected("")
            let people = People { requests in
                let text = try fixture.shell("\(attack); \(state)")
                after.withLock { $0 = text }
                return requests.map { _ in Self.approved }
            }
            let model = ScriptedModel([AgentScene.calls(("c1", arguments.0, arguments.1))])
            let scene = AgentScene(model, fixture.tools, policy: Self.asking)
            try await expectEqual(scene.run(in: people, audit: people), .complete)
            let kept = after.withLock { $0 }
            try expectEqual(fixture.shell(state), kept, "\(attack)")
            expectEqual(Self.results(model).first?.contains("Done"), false, "\(attack): \(Self.results(model))")
            // The audit has the decision, and that nothing came of it.
            #expect(people.outcomes == ["approved", "refused"] && people.subjects.first?.contains("mine") == true)
        }
    }

    @Test("a commit is what was shown: files that change between the question and the commit are not committed")
    func changedCommit() async throws {
        let desk = FakeDesk()
        let fixture = try await ToolFixture(desk: desk)
        let isFirst = Protected(true)
        let people = People { requests in
            if isFirst.withLock({ first in
                defer { first = false }; return first
            }) {
                desk.draft.withLock { $0 = CommitDraft(digest: "1..3", files: ["b +1 −0"], diff: "+owned\n") }
            }
            return requests.map { _ in Self.approved }
        }
        let model = ScriptedModel([
            AgentScene.calls(("c1", "commit", ["message": "Mend"])),
            AgentScene.calls(("c1", "commit", ["message": "Mend"])),
        ])
        let scene = AgentScene(model, fixture.tools, policy: Self.asking)
        _ = try await scene.run(in: people, audit: people)
        expectEqual(Self.results(model).first?.contains("the files have changed"), true)
        // The second question shows what there is now.
        #expect(desk.messages == ["Mend"] && people.subjects == ["Mend", "Mend"])
        expectEqual(people.previews, ["a.txt +3 −1\n\n+three", "b +1 −0\n\n+owned"])
        expectEqual(people.outcomes, ["approved", "refused", "approved"])
    }

    @Test("a commit beside a change is asked about when the change is done")
    func commitLast() async throws {
        let desk = FakeDesk()
        let fixture = try await ToolFixture(desk: desk)
        let people = People { requests in requests.map { _ in Self.approved } }
        let model = ScriptedModel([
            AgentScene.calls(
                ("c1", "commit", ["message": "Old"]), ("c2", "write", ["path": "x", "text": "mine"]),
                ("c3", "commit", ["message": "New"]))
        ])
        let scene = AgentScene(model, fixture.tools, policy: Self.asking)
        _ = try await scene.run(in: people, audit: people)
        #expect(desk.messages == ["Old", "New"] && people.batches.map(\.count) == [1, 1, 1])
        expectEqual(people.batches.map { $0.first?.tool }, ["commit", "write", "commit"])
    }

    @Test("a command is approved for the turn; a change with the same text is another question")
    func sameText() async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let people = People { requests in requests.map { _ in Self.approved } }
        let model = ScriptedModel([
            AgentScene.calls(("c1", "shell", ["command": "./run"]), ("c2", "shell", ["command": "./run"])),
            AgentScene.calls(("c1", "write", ["path": "run", "text": "owned"])),
            AgentScene.calls(("c1", "write", ["path": "other", "text": "owned"])),
            AgentScene.calls(("c1", "shell", ["command": "./run"])),
        ])
        let scene = AgentScene(model, fixture.tools, policy: Self.asking)
        _ = try await scene.run(in: people, audit: people)
        expectEqual(people.batches.map { $0.map(\.tool) }, [["shell", "shell"], ["write"], ["write"]])
        // Each decision is recorded, also where no new question was posted.
        expectEqual(people.outcomes.count, 5)
    }

    @Test("an approved call's id gives nothing to another call")
    func swapped() async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let people = People { requests in
            requests.map { $0.subject == "make test" ? Self.approved : Self.denied }
        }
        let model = ScriptedModel([
            AgentScene.calls(("c1", "shell", ["command": "make test"])),
            AgentScene.calls(("c1", "shell", ["command": "make evil"])),
            AgentScene.calls(
                ("c1", "shell", ["command": "make test"]), ("c1", "shell", ["command": "make evil "])),
        ])
        _ = try await AgentScene(model, fixture.tools).run(in: people, audit: people)
        // What was approved is approved for the turn, whatever comes with it.
        expectEqual(people.subjects, ["make test", "make evil", "make evil "])
        expectEqual(desk.commands, ["make test", "make test"])
        expectEqual(people.outcomes, ["approved", "denied", "approved", "denied"])
    }

    @Test("of several calls in one question only those run that were approved")
    func hiddenCall() async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let people = People { requests in
            requests.map { $0.subject == "make test" ? Self.approved : Self.denied }
        }
        let model = ScriptedModel([
            AgentScene.calls(
                ("c1", "shell", ["command": "make test"]), ("c2", "shell", ["command": "make evil"]),
                ("c3", "write", ["path": "x", "text": "owned"]), ("c4", "commit", ["message": "Own it"]))
        ])
        let scene = AgentScene(model, fixture.tools, policy: Self.asking)
        try await expectEqual(scene.run(in: people, audit: people), .complete)
        expectEqual(people.subjects.count, 4)
        #expect(desk.commands == ["make test"] && desk.messages.isEmpty && !fixture.exists("x"))
        expectEqual(people.outcomes, ["approved", "denied", "denied", "denied"])
    }

    @Test("an outcome that is missing is none")
    func tooFew() async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let people = People { _ in [Self.approved] }
        let model = ScriptedModel([
            AgentScene.calls(("c1", "shell", ["command": "one"]), ("c2", "shell", ["command": "two"]))
        ])
        _ = try await AgentScene(model, fixture.tools).run(in: people, audit: people)
        #expect(desk.commands == ["one"] && people.outcomes == ["approved", "expired"])
    }

    @Test(
        "a rule for one command says nothing about what is hidden behind it, and people see every byte",
        arguments: [
            "make test; id", "make test && id", "make test | sh", "make test\nid", "make test &", "make test $(id)",
            "make test `id`", "make test > .git/hooks/pre-commit", "make test \u{202E}id", "make test\u{200B}; id",
            "make test #\u{2028}id", "make test\t&&\tid", "X=1 make test", "make \"test\" ; id", "m\\ake test",
            "make tests",
        ])
    func hiddenCommand(_ command: String) async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let people = People { requests in requests.map { _ in Self.denied } }
        let policy = Policy([PolicyRule(name: "tests", commands: [["make", "test"]], decision: .allow)])
        let model = ScriptedModel([AgentScene.calls(("c1", "shell", ["command": .string(command)]))])
        _ = try await AgentScene(model, fixture.tools, policy: policy).run(in: people, audit: people)
        expectEqual(people.subjects.map { Array($0.utf8) }, [Array(command.utf8)])
        #expect(desk.commands.isEmpty && people.outcomes == ["denied"])
    }

    @Test("an approval that comes after the stop runs nothing")
    func late() async throws {
        let desk = FakeDesk("ok\n")
        let fixture = try await ToolFixture(desk: desk)
        let (isAsked, mayAnswer) = (Gate(isOpen: false), Gate(isOpen: false))
        let people = People { requests in
            isAsked.setOpen(true)
            // Not ended by the stop.
            await Task { await mayAnswer.pass() }.value  // unstructured: the answer is on its way
            return requests.map { _ in Self.approved }
        }
        let model = ScriptedModel([AgentScene.calls(("c1", "shell", ["command": "make test"]))])
        let scene = AgentScene(model, fixture.tools)
        let turn = Task { try await scene.run(in: people, audit: people) }
        await isAsked.pass()
        turn.cancel()
        mayAnswer.setOpen(true)
        await #expect(throws: CancellationError.self) { try await turn.value }
        #expect(desk.commands.isEmpty && people.outcomes == ["stopped"])
    }
}
