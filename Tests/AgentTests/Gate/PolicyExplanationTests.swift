import Chat
import TestSupport
import Testing

@testable import Agent

@Suite("Policy: explaining a command")
struct PolicyExplanationTests {
    private static let coder = Persona(name: "coder", summary: "", prompt: "", tools: ["read", "shell"])

    private static func lines(
        _ command: String, _ role: Role, policy: Policy = Policy(), persona: Persona = Self.coder
    ) -> [String] {
        PolicyExplanation(policy: policy, role: role, persona: persona, repository: nil).text(about: command)
            .split(separator: "\n").map(String.init)
    }

    @Test("the person's own command and the model's call have their own answers")
    func both() {
        expectEqual(
            Self.lines("swift test", .owner),
            [
                "- Your `run`: allowed. Decided by the rule `approvals.commands.own` (approvals.commands: ask).",
                "- A call by the model (persona `coder`): ask: you or an owner has to approve it. "
                    + "Decided by the rule `approvals.commands` (approvals.commands: ask).",
            ])
        expectEqual(
            Self.lines("swift test", .member).first,
            "- Your `run`: ask: an owner other than you has to approve it. "
                + "Decided by the rule `approvals.commands` (approvals.commands: ask).")
    }

    @Test("each part of a command is named with its rule")
    func parts() {
        let policy = Policy([
            PolicyRule(name: "tests", commands: [["make", "test"]], decision: .allow),
            PolicyRule(name: "no-rm", commands: [["rm"]], decision: .deny),
        ])
        let lines = Self.lines("make test && rm x", .owner, policy: policy)
        expectEqual(
            lines.prefix(3),
            [
                "- Your `run`: denied. Decided by the rule `no-rm`.", "  - `make test`: allow, by `tests`",
                "  - `rm x`: deny, by `no-rm`",
            ])
        let unclear = Self.lines("make test > x", .owner, policy: policy)
        expectEqual(unclear.first?.contains("compared with the rule `no-rm`"), true)
    }

    @Test("a person's job is judged without its `&`, which a call by the model does not have")
    func job() {
        let policy = Policy(
            [PolicyRule(name: "make", commands: [["make"]], decision: .deny)],
            approvals: Policy.Approvals(commands: .allow))
        let lines = Self.lines("ls &", .member, policy: policy)
        expectEqual(lines.count, 2)
        expectEqual(
            lines[0], "- Your `run`: allowed. Decided by the rule `approvals.commands` (approvals.commands: allow).")
        #expect(lines[1].hasSuffix("The command cannot be compared with the rule `make`."))
    }

    @Test("a persona without commands is named as the reason")
    func without() {
        let chat = Persona(name: "chat", summary: "", prompt: "", tools: [])
        expectEqual(
            Self.lines("ls", .owner, persona: chat).last,
            "- A call by the model (persona `chat`): denied, because this persona has no tool that runs commands.")
    }
}
