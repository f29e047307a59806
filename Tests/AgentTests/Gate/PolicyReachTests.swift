import Chat
import TestSupport
import Testing

@testable import Agent

@Suite("Policy: rules that never decide")
struct PolicyReachTests {
    private static func rule(
        _ name: String, roles: [Role] = PolicyRule.standardRoles, personas: [String] = [], tools: [ToolSelector] = [],
        repositories: [String] = [], _ commands: [[String]] = []
    ) -> PolicyRule {
        PolicyRule(
            name: name, roles: roles, personas: personas, tools: tools, repositories: repositories,
            commands: commands, decision: .deny)
    }

    private static let covered: [([PolicyRule], [String])] = [
        ([rule("a"), rule("b")], ["a"]),
        ([rule("a", [["git"]]), rule("b", [["git", "push"]])], ["a"]),
        ([rule("a", [["git"]]), rule("b", [["git"]])], ["a"]),
        ([rule("a", [["git"], ["rm"]]), rule("b", [["rm", "x"], ["git", "log"]])], ["a"]),
        ([rule("a", roles: [.owner]), rule("b", roles: [.member]), rule("c")], ["a", "b"]),
        ([rule("a", tools: [.group(.writes)]), rule("b", tools: [.name("edit"), .name("commit")])], ["a"]),
        ([rule("a", tools: [.group(.commands)]), rule("b", tools: [.name("run")], [["ls"]])], ["a"]),
        ([rule("a", tools: [.name("shell"), .name("run")]), rule("b", tools: [.name("shell")])], ["a"]),
        ([rule("a", personas: ["x"]), rule("b", personas: ["x"], repositories: ["r"])], ["a"]),
        ([rule("a", repositories: ["r", "s"]), rule("b", roles: [.owner], repositories: ["s"])], ["a"]),
    ]

    @Test("a rule that earlier ones cover completely is named with them", arguments: Self.covered)
    func shadowed(_ rules: [PolicyRule], _ by: [String]) {
        let reach = PolicyReach.check(rules)
        expectEqual(reach.last, .shadowed(by: by))
        #expect(reach.dropLast().allSatisfy { $0 == .reachable })
    }

    private static let free: [[PolicyRule]] = [
        [rule("a", [["git", "push"]]), rule("b", [["git"]])],
        [rule("a", [["git"]]), rule("b")],
        [rule("a", [["git"]]), rule("b", [["git", "x"], ["rm"]])],
        [rule("a", roles: [.owner]), rule("b")],
        [rule("a"), rule("b", roles: [.guest])],
        [rule("a", tools: [.name("edit")]), rule("b", tools: [.group(.writes)])],
        [rule("a", tools: [.name("shell"), .name("run")]), rule("b", tools: [.group(.commands)])],
        [rule("a", personas: ["x"]), rule("b", personas: ["y"])],
        [rule("a", personas: ["x"]), rule("b")],
        [rule("a", repositories: ["r"]), rule("b", repositories: ["r", "s"])],
        [rule("a", repositories: ["r"]), rule("b")],
    ]

    @Test("a rule with a single call of its own is reachable", arguments: Self.free)
    func reachable(_ rules: [PolicyRule]) {
        #expect(PolicyReach.check(rules).allSatisfy { $0 == .reachable })
    }

    @Test("a persona's own `run` does not exist")
    func empty() {
        expectEqual(PolicyReach.check([Self.rule("a", personas: ["x"], tools: [.name("run")])]), [.empty])
    }

    @Test("a reachable rule decides at least one call, and a shadowed one none")
    func agrees() {
        // All pairs of small rules: the proof against a plain search through calls.
        let parts: [[[String]]] = [[], [["a"]], [["a", "b"]], [["b"]]]
        let tools: [[ToolSelector]] = [[], [.name("shell")], [.group(.commands)], [.name("run")]]
        let rules = parts.flatMap { part in tools.map { tool in Self.rule("r", tools: tool, part) } }
        for first in rules {
            for second in rules {
                let two = PolicyRule(
                    name: "s", tools: second.tools, commands: second.commands, decision: .allow)
                let policy = Policy([first, two])
                let decides = ["a", "a b", "b", "c"].contains { command in
                    ["shell", "run"].contains { tool in
                        policy.verdict(
                            on: PolicyQuestion(
                                role: .member, persona: tool == "run" ? nil : "p", tool: tool, kind: .execute,
                                command: command)
                        ).rule == "s"
                    }
                }
                let isAboutOthers =
                    first.tools.count + first.commands.count > 0 && two.tools.isEmpty
                    && two.commands.isEmpty
                expectEqual(PolicyReach.check([first, two])[1] == .reachable, decides || isAboutOthers)
            }
        }
    }
}
