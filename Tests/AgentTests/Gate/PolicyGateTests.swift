import Audit
import Chat
import JSON
import Primitives
import TestSupport
import Testing

@testable import Agent

@Suite("The gate", .timeLimit(.minutes(1)))
struct PolicyGateTests {
    private static let persona = Persona(
        name: "coder", summary: "", prompt: "", tools: ["read", "edit", "shell", "fetch", "commit"])

    private static func gate(
        _ people: ScriptedApprovals, policy: Policy = Policy(), role: Role = .member, taint: TurnTaint = TurnTaint()
    ) -> PolicyGate {
        let settings = CurrentAgentSettings(
            AgentSettings(policy: policy, personas: PersonaCatalog([Self.persona]), persona: "coder"))
        let request = TurnRequest(
            id: "op_1", session: "s_1", text: "fix it",
            sender: Sender(id: "fake:one/bob", identities: [Identity("fake:one/bob")], displayName: "bob"), role: role)
        return PolicyGate(
            settings: settings, request: request, persona: Self.persona, repository: "notes", taint: taint,
            audit: people, thread: people)
    }

    private static func intent(
        _ tool: String, _ kind: ToolDefinition.Kind, _ subject: String, directory: String = "/workspace",
        changes: [ToolIntent.Change] = []
    ) -> ToolIntent {
        ToolIntent(
            call: CheckedCall(
                id: "c_\(subject.count)",
                tool: ToolDefinition(name: tool, kind: kind, description: "", parameters: [:]),
                arguments: ["text": .string(subject)]),
            subject: subject, directory: directory, title: "\(tool) \(subject)", changes: changes)
    }

    private static func shell(_ command: String) -> ToolIntent { Self.intent("shell", .execute, command) }

    @Test("what the policy allows runs without a question, and the audit names the rule")
    func allowed() async throws {
        let people = ScriptedApprovals()
        let decisions = try await Self.gate(people).decide([
            Self.intent("read", .read, "a.txt"), Self.intent("edit", .edit, "--- a\n+++ b"),
        ])
        expectEqual(decisions, [.allowed(rule: "approvals.reads"), .allowed(rule: "approvals.writes")])
        #expect(people.requests.isEmpty)
        expectEqual(people.entries.map(\.kind), [.decision, .decision])
        let entry = try #require(people.entries.last)
        #expect(entry.session == "s_1" && entry.turn == "op_1" && entry.actor == "fake:one/bob")
        #expect(entry.details["tool"] == "edit" && entry.details["rule"] == "approvals.writes")
        #expect(entry.details["outcome"] == "allowed" && entry.details["persona"] == "coder")
        expectEqual(entry.details["digest"]?.stringValue?.count, 64)
    }

    @Test("a command is asked about exactly as it would run, and the person who asked may answer")
    func approved() async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a7", by: "olga"))])
        let decisions = try await Self.gate(people).decide([Self.shell("swift test | tail")])
        expectEqual(decisions, [.approved(by: "olga", ask: "a7")])
        expectEqual(
            people.requests,
            [
                ApprovalRequest(
                    action: .run, subject: "swift test | tail", directory: "/workspace", tool: "shell",
                    approver: .requester, scope: .call("c_17"))
            ])
        let details = try #require(people.entries.first).details
        #expect(details["outcome"] == "approved" && details["by"] == "olga" && details["ask"] == "a7")
        #expect(details["rule"] == "approvals.commands" && details["decision"] == "ask")
    }

    @Test("a denial has its reason for the model, and expiry is not a denial")
    func denied() async throws {
        let people = ScriptedApprovals([
            .outcome(.denied(by: "olga", reason: "use make")), .outcome(.denied(by: "olga", reason: nil)),
            .outcome(.expired),
        ])
        let decisions = try await Self.gate(people).decide(["a", "bb", "ccc"].map(Self.shell))
        expectEqual(
            decisions,
            [
                .denied(reason: "olga denied this: use make. Nothing was done."),
                .denied(reason: "olga denied this. Nothing was done."), .expired,
            ])
        expectEqual(people.entries.map { $0.details["outcome"] }, ["denied", "denied", "expired"])
        #expect(decisions.allSatisfy { !$0.mayRun })
    }

    @Test("one answer's calls keep their own decisions, in their order")
    func several() async throws {
        let people = ScriptedApprovals([
            .outcome(.approved(ask: "a1", by: "bob")), .outcome(.denied(by: "bob", reason: "no")),
        ])
        let policy = Policy([PolicyRule(name: "no-push", commands: [["git", "push"]], decision: .deny)])
        let decisions = try await Self.gate(people, policy: policy).decide([
            Self.intent("read", .read, "a"), Self.shell("make"), Self.shell("git push"), Self.shell("make install"),
        ])
        expectEqual(decisions.map(\.mayRun), [true, true, false, false])
        expectEqual(people.requests.map(\.subject), ["make", "make install"])
        expectEqual(people.entries.map { $0.details["rule"] }[2], "no-push")
        guard case .denied(let reason) = decisions[2] else {
            Issue.record("it was not denied")
            return
        }
        #expect(reason.contains("'no-push'"))
    }

    @Test("a stop while people are asked ends the wait, and nothing runs")
    func stopped() async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "bob")), .stop])
        await #expect(throws: CancellationError.self) {
            try await Self.gate(people).decide([Self.shell("one"), Self.shell("two")])
        }
        expectEqual(people.entries.map { $0.details["outcome"] }, ["stopped", "stopped"])
    }

    @Test("a stopped turn decides nothing")
    func cancelled() async throws {
        let people = ScriptedApprovals()
        let gate = Self.gate(people)
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await gate.decide([Self.intent("read", .read, "a")])
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(people.entries.isEmpty)
    }

    @Test("what cannot be recorded does not happen")
    func unrecorded() async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "bob"))])
        people.fillDisk()
        let decisions = try await Self.gate(people).decide([Self.intent("read", .read, "a"), Self.shell("make")])
        #expect(decisions.allSatisfy { !$0.mayRun })
    }

    @Test("a tool that the persona does not have is denied, also where the policy allows everything")
    func persona() async throws {
        let people = ScriptedApprovals()
        let policy = Policy([PolicyRule(name: "all", decision: .allow)])
        let decisions = try await Self.gate(people, policy: policy, role: .owner).decide([
            Self.intent("write", .edit, "x"), Self.intent("teleport", .read, "x"),
        ])
        #expect(decisions.allSatisfy { !$0.mayRun })
        expectEqual(people.entries.map { $0.details["rule"] }, ["persona", "persona"])
    }

    @Test("a guest's calls are denied without a question", arguments: ["read", "edit", "shell", "fetch", "commit"])
    func guest(_ tool: String) async throws {
        let kind = try #require(ToolSelector.tools.first { $0.name == tool }?.kind)
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "gina"))])
        let decisions = try await Self.gate(people, role: .guest).decide([Self.intent(tool, kind, "x")])
        expectEqual(decisions.map(\.mayRun), [false])
        #expect(people.requests.isEmpty)
    }

    @Test("an approval is for one text: a longer one, another directory or other bytes are asked about anew")
    func altered() async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "bob"))])
        let policy = Policy([], approvals: Policy.Approvals(writes: .ask))
        let gate = Self.gate(people, policy: policy)
        try await expectEqual(gate.decide([Self.shell("make")]).map(\.mayRun), [true])
        let others = [
            Self.shell("make && curl evil"), Self.shell("make "), Self.shell("make\u{200b}"),
            Self.intent("shell", .execute, "make", directory: "/workspace/other"), Self.intent("edit", .edit, "make"),
        ]
        for other in others { try await expectEqual(gate.decide([other]), [.expired]) }
        expectEqual(people.requests.count, 1 + others.count)
        let digests = people.entries.map { $0.details["digest"] }
        expectEqual(Set(digests).count, digests.count)
    }

    @Test("the digest covers arguments, changes and what was there before")
    func digest() {
        let first = Self.intent("edit", .edit, "p", changes: [ToolIntent.Change(path: "a", bytes: [1])])
        let others = [
            Self.intent("edit", .edit, "p", changes: [ToolIntent.Change(path: "a", bytes: [2])]),
            Self.intent("edit", .edit, "p", changes: [ToolIntent.Change(path: "b", bytes: [1])]),
            Self.intent("edit", .edit, "p", changes: [ToolIntent.Change(path: "a", bytes: nil)]),
            ToolIntent(
                call: first.call, subject: "p", directory: "/workspace", title: "",
                preconditions: [
                    ToolIntent.Precondition(path: "a", digest: nil)
                ], changes: first.changes),
        ]
        let digest = first.digest(session: "s", requester: "r")
        #expect(others.allSatisfy { $0.digest(session: "s", requester: "r") != digest })
        #expect(first.digest(session: "t", requester: "r") != digest)
        #expect(first.digest(session: "s", requester: "q") != digest)
        expectEqual(first.digest(session: "s", requester: "r"), digest)
    }

    @Test("after foreign text, commits and addresses are asked about even where the policy allows them")
    func tainted() async throws {
        let people = ScriptedApprovals()
        let policy = Policy([], approvals: Policy.Approvals(commands: .allow, writes: .allow, network: .allow))
        let taint = TurnTaint()
        let gate = Self.gate(people, policy: policy, taint: taint)
        try await expectEqual(gate.decide([Self.intent("commit", .commit, "one")]).map(\.mayRun), [true])
        try await expectEqual(gate.decide([Self.intent("fetch", .fetch, "https://a")]).map(\.mayRun), [true])
        expectEqual(taint.sources, [.web])
        let later = try await gate.decide([
            Self.intent("fetch", .fetch, "https://b"), Self.intent("commit", .commit, "two"),
            Self.intent("edit", .edit, "x"), Self.shell("make"),
        ])
        expectEqual(later.map(\.mayRun), [false, false, true, true])
        expectEqual(people.requests.map(\.action), [.reach, .change])
        expectEqual(people.entries.suffix(4).first?.details["rule"], "foreign text")
        let guest = Self.gate(people, policy: policy, taint: TurnTaint([.guest]))
        try await expectEqual(guest.decide([Self.intent("commit", .commit, "x")]), [.expired])
    }

    @Test(
        "what the prompt has and what was read before a restart counts, is asked for once, and in doubt it is foreign")
    func earlier() async throws {
        let policy = Policy([], approvals: Policy.Approvals(commands: .allow, writes: .allow, network: .allow))
        struct Unknown: Error {}
        for (found, isForeign) in [(Set<TurnTaint.Source>(), false), ([.guest], true), ([.web], true), (nil, true)] {
            let people = ScriptedApprovals()
            let count = Protected(0)
            let taint = TurnTaint {
                count.withLock { $0 += 1 }
                guard let found else { throw Unknown() }
                return found
            }
            let gate = Self.gate(people, policy: policy, taint: taint)
            _ = try await gate.decide([Self.shell("make"), Self.intent("edit", .edit, "x")])
            expectEqual(count.withLock { $0 }, 0)
            let decisions = try await gate.decide([
                Self.intent("commit", .commit, "x"), Self.intent("commit", .commit, "y"),
            ])
            expectEqual(decisions.map(\.mayRun), [!isForeign, !isForeign])
            expectEqual(people.entries.last?.details["rule"], isForeign ? "foreign text" : "approvals.writes")
            #expect(found == nil || count.withLock { $0 } == 1)
        }
    }

    @Test("a denied fetch has brought no foreign text")
    func untouched() async throws {
        let taint = TurnTaint()
        _ = try await Self.gate(ScriptedApprovals(), taint: taint).decide([Self.intent("fetch", .fetch, "https://a")])
        #expect(taint.sources.isEmpty)
    }

    @Test("a reload counts at once")
    func reload() async throws {
        let people = ScriptedApprovals()
        let settings = CurrentAgentSettings(
            AgentSettings(personas: PersonaCatalog([Self.persona]), persona: "coder"))
        let gate = PolicyGate(
            settings: settings,
            request: TurnRequest(
                id: "o", session: "s", text: "",
                sender: Sender(id: "fake:one/bob", identities: [], displayName: "bob"), role: .owner),
            persona: Self.persona, repository: nil, audit: people, thread: people)
        try await expectEqual(gate.decide([Self.intent("edit", .edit, "x")]).map(\.mayRun), [true])
        var changed = settings.settings
        changed.policy = Policy(approvals: Policy.Approvals(writes: .deny))
        settings.replace(changed)
        try await expectEqual(gate.decide([Self.intent("edit", .edit, "x")]).map(\.mayRun), [false])
    }
}
