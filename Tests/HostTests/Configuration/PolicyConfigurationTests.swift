import Agent
import Host
import TestSupport
import Testing

@Suite("Configuration: policy and personas")
struct PolicyConfigurationTests {
    private static func mistakes(_ rules: String...) -> [String] {
        load((["policy:"] + rules.map { "  - {\($0)}" }).joined(separator: "\n")).issues.map {
            "\($0.line ?? 0): \($0.path): \($0.message)" + ($0.nearest.map { " [\($0)]" } ?? "")
        }
    }

    @Test("rules are read in their order and come before the settings' own")
    func read() throws {
        let loaded = load(
            """
            policy:
              - name: tests
                role: [member, owner]
                tool: commands
                command: [swift test, "npm 'run all'"]
                decision: allow
                matches: [swift test --parallel, swift test && swift test]
                refuses: [swift test > x, swift build, swift test && rm x]
              - {name: reviewers, persona: reviewer, tool: [writes, fetch], repository: notes, decision: deny}
            """)
        expectEqual(loaded.issues, [])
        let rules = try #require(loaded.configuration).policy.rules
        expectEqual(rules.map(\.name).prefix(2), ["tests", "reviewers"])
        expectEqual(rules[0].commands, [["swift", "test"], ["npm", "run all"]])
        #expect(rules[1].tools == [.group(.writes), .name("fetch")] && rules[1].repositories == ["notes"])
        expectEqual(rules[2].name, "approvals.guests")
    }

    @Test("the settings of `approvals` become rules")
    func approvals() throws {
        let configuration = try #require(
            load("approvals: {commands: deny, writes: ask, network: allow}").configuration)
        expectEqual(
            configuration.policy,
            Policy([], approvals: Policy.Approvals(commands: .deny, writes: .ask, network: .allow)))
        expectEqual(configuration.approvals.timeout, .seconds(1_800))
    }

    @Test(
        "a mistake in a rule is reported at its place",
        arguments: [
            ("name: a, decision: alow", "policy[0].decision", "'alow' is not one of allow, ask, deny [allow]"),
            ("name: a", "policy[0]", "'decision' is missing"),
            ("decision: allow", "policy[0]", "'name' is missing"),
            ("name: a, decision: allow, rol: owner", "policy[0].rol", "unknown key [role]"),
            ("name: a, decision: allow, role: ownr", "policy[0].role", "not one of guest, member, owner [owner]"),
            ("name: a, decision: allow, role: []", "policy[0].role", "the list must not be empty"),
            ("name: a, decision: allow, tool: shel", "policy[0].tool", "'shel' is not one of"),
            ("name: a, decision: allow, tool: [shell, rum]", "policy[0].tool[1]", "'rum' is not one of"),
            ("name: a, decision: allow, persona: codr", "policy[0].persona", "'codr' is not one of"),
            ("name: a, decision: allow, repository: nots", "policy[0].repository", "not one of notes [notes]"),
            ("name: a b, decision: allow", "policy[0].name", "a rule's name has letters"),
            ("name: approvals.x, decision: allow", "policy[0].name", "the settings' own rules"),
            ("name: a, decision: ask, role: guest", "policy[0]", "nobody can approve what a guest wants"),
            ("name: a, decision: allow, command: ls > x", "policy[0].command", "write the first words"),
            ("name: a, decision: allow, command: [ls, $x]", "policy[0].command[1]", "write the first words"),
            ("name: a, decision: allow, tool: writes, command: ls", "policy[0]", "only commands begin with words"),
            ("name: a, decision: allow, matches: [ls]", "policy[0]", "are examples for 'command'"),
            ("name: a, decision: allow, command: ls, matches: [ls, lsx]", "policy[0].matches[1]", "does not match"),
            ("name: a, decision: allow, command: ls, refuses: [ls -l]", "policy[0].refuses[0]", "matches this example"),
            ("name: a, persona: coder, tool: run, decision: ask", "policy[0]", "`run` has no persona"),
        ])
    func mistake(_ rule: String, _ path: String, _ part: String) {
        let mistakes = Self.mistakes(rule)
        expectEqual(mistakes.count, 1)
        expectEqual(mistakes.first?.hasPrefix("2: \(path): "), true)
        expectEqual(mistakes.first?.contains(part), true, "\(mistakes)")
    }

    @Test("a rule that never decides is named with the rules above it, and two rules cannot have one name")
    func shadowed() {
        expectEqual(
            Self.mistakes(
                "name: git, tool: commands, command: git, decision: allow",
                "name: push, tool: commands, command: git push, decision: deny"),
            [
                "3: policy[1]: this rule never decides: 'git' above matches all that it matches; move it up or "
                    + "remove it"
            ])
        expectEqual(
            Self.mistakes("name: a, tool: run, decision: ask", "name: a, tool: shell, decision: ask").first?
                .contains("another rule with the name 'a'"), true)
    }

    @Test("the model's limits and persona have defaults, and mistakes have a place")
    func agent() throws {
        let standard = try #require(load("").configuration).agent
        expectEqual(standard.persona, "coder")
        expectEqual(standard.limits, AgentLimits(steps: 50, tokens: 400_000, time: .seconds(1_800)))
        expectEqual(standard.personas.personas.map(\.name), ["chat", "coder", "reviewer", "spec-writer"])
        let set = try #require(
            load("agent: {persona: chat, max_steps: 3, max_tokens: 9000, max_time: 1m}").configuration
        ).agent
        #expect(set.persona == "chat" && set.limits == AgentLimits(steps: 3, tokens: 9_000, time: .seconds(60)))
        expectEqual(
            load("agent: {persona: codr, max_step: 3}").issues.map(\.description),
            [
                "/srv/test.yaml:1:18: agent.persona: 'codr' is not one of chat, coder, reviewer, spec-writer; did you "
                    + "mean 'coder'?",
                "/srv/test.yaml:1:24: agent.max_step: unknown key; did you mean 'max_steps'?",
            ])
    }

    @Test("the program's personas are whole: prompts, and tools in the catalogue's order")
    func personas() throws {
        let personas = try #require(load("").configuration).agent.personas
        for persona in personas.personas {
            #expect(!persona.summary.isEmpty && persona.prompt.utf8.count > 200)
            #expect(persona.prompt.contains("Never claim"))
            let order = (ToolSelector.tools.map(\.name) + [Persona.extensions]).filter(persona.tools.contains)
            expectEqual(persona.tools, order)
        }
        expectEqual(personas["chat"]?.tools, [])
        // All but a person's own `run`, and extensions.
        expectEqual(personas["coder"]?.tools.count, ToolSelector.tools.count)
        expectEqual(personas["reviewer"]?.tools.contains { ["edit", "patch", "write", "commit"].contains($0) }, false)
        expectEqual(personas["spec-writer"]?.tools.contains("shell"), false)
    }

    @Test("a persona in the data directory replaces one next to the configuration, which replaces the program's")
    func folders() throws {
        let directory = try TemporaryDirectory()
        let text = { (name: String, summary: String) in
            "name: \(name)\nsummary: \(summary)\nprompt: Be brief.\ntools: [shell, read]\n"
        }
        directory.write("conf/personas/coder.yaml", text("coder", "near"))
        directory.write("conf/personas/tester.yaml", text("tester", "near") + "limits: {max_steps: 7}\nmodel: small\n")
        directory.write("data/personas/coder.yaml", text("coder", "data"))
        directory.write("data/personas/notes.txt", "not a persona")
        let path = directory.write("conf/jetbridge.yaml", "agent: {persona: tester, max_tokens: 5000}")
        let loader = ConfigurationLoader(
            flags: ConfigurationFlags(file: path, dataDirectory: directory.path + "/data"),
            surroundings: Surroundings(environment: [:], currentDirectory: "/"))
        let loaded = loader.load()
        expectEqual(loaded.issues, [])
        let agent = try #require(loaded.configuration).agent
        #expect(agent.personas["coder"]?.summary == "data" && agent.personas["coder"]?.limits == nil)
        expectEqual(agent.personas["coder"]?.tools, ["read", "shell"])
        expectEqual(agent.personas["tester"]?.limits, AgentLimits(steps: 7, tokens: 5_000))
        #expect(agent.personas["tester"]?.model == "small" && agent.persona == "tester")
        directory.write("data/personas/coder.yaml", text("coder", "changed"))
        expectEqual(loader.load().content.changes(from: loaded.content), ["personas"])
    }

    @Test("a mistake in a persona's file names the file, the place and the nearest word")
    func mistakenPersona() throws {
        let directory = try TemporaryDirectory()
        let path = directory.write(
            "personas/tester.yaml", "name: testr\nsummary: x\npromt: y\ntools: [shel, run]\nlimits: {max_steps: 0}\n")
        let issues = load("", flags: ConfigurationFlags(dataDirectory: directory.path)).issues.map(\.description)
        expectEqual(issues.map { $0.replacing(path, with: "FILE") }.filter { $0.hasPrefix("FILE") }.count, issues.count)
        let all = issues.joined(separator: "\n")
        for part in [
            ":1:7: name: the name has to be that of the file, 'tester'", "'prompt' is missing",
            ":3:1: promt: unknown key; did you mean 'prompt'?", ":4:9: tools[0]: 'shel' is not one of",
            "did you mean 'shell'?", "tools[1]: 'run' is not one of", "limits.max_steps: 0 is out of range",
        ] {
            #expect(all.contains(part), "\(all)")
        }
    }

    @Test("policy, personas and what needs an approval take effect at a reload")
    func reload() throws {
        let first = load("approvals: {commands: ask}")
        let reload = ConfigurationReload(since: first) {
            load(
                """
                approvals: {commands: deny, timeout: 1m}
                policy: [{name: a, tool: shell, decision: ask}]
                agent: {persona: chat}
                """)
        }
        let outcome = reload.next().outcome
        #expect(outcome.applied.contains("approvals.commands") && outcome.applied.contains("agent.persona"))
        #expect(outcome.applied.contains { $0.hasPrefix("policy") })
        expectEqual(outcome.pending, ["approvals.timeout"])
    }
}
