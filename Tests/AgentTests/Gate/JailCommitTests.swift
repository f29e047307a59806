import Agent
import Audit
import Chat
import JSON
import Models
import Primitives
import TestSupport
import Testing

@testable import Work

/// What becomes of commits that a command of the model made.
@Suite("Commits made by commands", .timeLimit(.minutes(1)))
struct JailCommitTests {
    private static let commits = JailCommits(
        subjects: ["Add a", "Add b"], changes: CommitDraft(digest: "1..2", files: ["a +1 −0"], diff: "+x\n"))

    /// A turn that runs one command, and its tool result.
    private static func result(
        of commit: PolicyDecision, _ people: ScriptedApprovals, _ desk: FakeDesk
    ) async throws -> String {
        let model = ScriptedModel([AgentScene.calls(("c1", "shell", ["command": "sh test.sh"]))])
        let rules = [
            PolicyRule(name: "tests", commands: [["sh", "test.sh"]], decision: .allow),
            PolicyRule(name: "commits", tools: [.name("commit")], decision: commit),
        ]
        let scene = AgentScene(model, try await ToolFixture(desk: desk).tools, policy: Policy(rules))
        _ = try await scene.run(in: people, audit: people)
        return model.requests.last?.messages.last { $0.role == .tool }?.text ?? ""
    }

    private static func desk() -> FakeDesk {
        var played = FakeDesk.Played()
        played.commits = Self.commits
        return FakeDesk(played)
    }

    @Test("the rules for commits decide about them: they are taken over, or stay in the workspace")
    func rules() async throws {
        let (allowed, denied) = (Self.desk(), Self.desk())
        let people = ScriptedApprovals()
        #expect(
            try await Self.result(of: .allow, people, allowed).hasSuffix(
                "On the branch now: 2 commits made in the jail."))
        #expect(allowed.taken.withLock { $0 } == ["1..2"] && people.requests.isEmpty)
        expectEqual(people.entries.last?.details["tool"], "commit")
        let text = try await Self.result(of: .deny, people, denied)
        #expect(text.contains("are not on the branch: The policy denies this (rule 'commits')"), "\(text)")
        #expect(denied.taken.withLock(\.isEmpty))
    }

    @Test("people are shown their subjects, files and diff, and their answer holds for these commits")
    func asked() async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "olga"))])
        let desk = Self.desk()
        _ = try await Self.result(of: .ask, people, desk)
        #expect(people.requests.map(\.subject) == ["Add a\nAdd b"] && people.requests.map(\.action) == [.change])
        #expect(people.requests.first?.preview == "a +1 −0\n\n+x" && people.requests.first?.effect != nil)
        expectEqual(desk.taken.withLock { $0 }, ["1..2"])
        let nobody = Self.desk()
        #expect(
            try await Self.result(of: .ask, ScriptedApprovals(), nobody).contains("Nobody decided about them in time."))
        #expect(nobody.taken.withLock(\.isEmpty))
    }
}
