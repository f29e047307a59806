import Audit
import Chat
import JSON
import Models
import TestSupport
import Testing

@testable import Agent

@Suite("Extensions at the gate", .timeLimit(.minutes(1)))
struct ExtensionGateTests {
    private static let persona = Persona(
        name: "coder", summary: "", prompt: "", tools: ["read", "fetch", "commit", "extensions"])

    private static func tool(
        _ name: String, of server: String = "jira", _ decision: PolicyDecision = .ask, reaches: Bool = true
    ) -> ToolDefinition {
        ToolDefinition(
            name: "\(server)__\(name)", kind: .extension, description: "", parameters: [:],
            origin: ToolDefinition.Origin(
                server: server, tool: name, decision: decision, reachesNetwork: reaches,
                schema: [
                    "type": "object", "required": ["text"], "additionalProperties": false,
                    "properties": [
                        "text": ["type": "string"], "n": ["type": "integer"],
                        "kind": ["type": "string", "enum": ["a", "b"]],
                        "list": ["type": "array", "items": ["type": "number"]], "any": ["anyOf": []],
                    ],
                ]))
    }

    private static func intent(_ tool: ToolDefinition, id: String = "1.1", list: String = "d1") -> ToolIntent {
        ToolIntent(
            call: CheckedCall(id: id, tool: tool, arguments: ["text": "x"]), subject: "\(tool.name)\n\"text\": \"x\"",
            directory: "", title: tool.name,
            preconditions: [ToolIntent.Precondition(path: "extension jira", digest: list)])
    }

    private static func gate(
        _ people: ScriptedApprovals, _ rules: [PolicyRule] = [], role: Role = .member, persona: Persona = Self.persona,
        taint: TurnTaint = TurnTaint()
    ) -> PolicyGate {
        let policy = Policy(rules, approvals: Policy.Approvals(commands: .allow, writes: .allow, network: .allow))
        return PolicyGate(
            settings: CurrentAgentSettings(
                AgentSettings(policy: policy, personas: PersonaCatalog([persona]), persona: "coder")),
            request: TurnRequest(
                id: "op_1", session: "s_1", text: "",
                sender: Sender(id: "fake:one/bob", identities: [Identity("fake:one/bob")], displayName: "bob"),
                role: role),
            persona: persona, repository: "notes", taint: taint, audit: people, thread: people)
    }

    @Test("the entry of a tool decides, after the rules of the policy", arguments: [PolicyDecision.allow, .ask, .deny])
    func entry(_ decision: PolicyDecision) async throws {
        let people = ScriptedApprovals([.outcome(.approved(ask: "a1", by: "olga"))])
        let tool = Self.tool("search", decision)
        let said = try #require(try await Self.gate(people).decide([Self.intent(tool)]).first)
        switch decision {
        case .allow: expectEqual(said, .allowed(rule: "approvals.extensions"))
        case .ask: expectEqual(said, .approved(by: "olga", ask: "a1"))
        case .deny: #expect(!said.mayRun && people.requests.isEmpty)
        }
        let rules = [
            PolicyRule(name: "search", tools: [.name("jira__search")], decision: .allow),
            PolicyRule(name: "rest", tools: [.group(.extensions)], decision: .deny),
        ]
        let ruled = try await Self.gate(people, rules).decide([
            Self.intent(tool), Self.intent(Self.tool("drop", .allow), id: "1.2"),
        ])
        expectEqual(ruled.first, .allowed(rule: "search"))
        #expect(ruled.last?.mayRun == false)
    }

    @Test("guests and personas without extensions have none, and nobody is asked")
    func others() async throws {
        let people = ScriptedApprovals()
        let tool = Self.tool("search", .allow)
        let chat = Persona(name: "coder", summary: "", prompt: "", tools: ["read", "jira__search"])
        for gate in [Self.gate(people, role: .guest), Self.gate(people, persona: chat)] {
            try await expectEqual(gate.decide([Self.intent(tool)]).map(\.mayRun), [false])
        }
        #expect(people.requests.isEmpty)
    }

    @Test("an approval shows the arguments, for one call, and is bound to the list")
    func bound() async throws {
        let people = ScriptedApprovals()
        let tool = Self.tool("create")
        _ = try await Self.gate(people).decide([Self.intent(tool), Self.intent(tool, id: "1.2", list: "d2")])
        expectEqual(people.requests.map(\.action), [.call, .call])
        expectEqual(people.requests.map(\.scope), [.call("1.1"), .call("1.2")])
        expectEqual(people.requests.first?.subject, "jira__create\n\"text\": \"x\"")
        let effects = people.requests.compactMap(\.effect)
        #expect(effects.count == 2 && effects[0] != effects[1])
    }

    @Test("what a server answers is foreign for everything but the server itself")
    func taint() async throws {
        let people = ScriptedApprovals()
        let (jira, wiki) = (Self.tool("search", .allow), Self.tool("search", of: "wiki", .allow))
        let local = Self.tool("read", of: "files", .allow, reaches: false)
        let commit = ToolDefinition(name: "commit", kind: .commit, description: "", parameters: [:])
        let gate = Self.gate(people)
        func mayRun(_ tool: ToolDefinition) async throws -> Bool {
            try await gate.decide([Self.intent(tool)]).first?.mayRun == true
        }
        try await expectEqual(mayRun(jira), true)
        try await expectEqual(mayRun(jira), true)
        try await expectEqual(mayRun(local), true)
        try await expectEqual(mayRun(wiki), false)
        try await expectEqual(mayRun(commit), false)
        // The local server's answer is in the turn now.
        try await expectEqual(mayRun(jira), false)
        let fetched = Self.gate(people, taint: TurnTaint([.web]))
        try await expectEqual(fetched.decide([Self.intent(jira)]).map(\.mayRun), [false])
        expectEqual(people.entries.last?.details["rule"], "foreign text")
    }

    @Test("rules may name a tool of an extension, and are shadowed as others are")
    func reach() {
        let named = PolicyRule(name: "a", tools: [.name("jira__search")], decision: .allow)
        let all = PolicyRule(name: "b", tools: [.group(.extensions)], decision: .deny)
        expectEqual(PolicyReach.check([named, all]), [.reachable, .reachable])
        expectEqual(PolicyReach.check([all, named]), [.reachable, .shadowed(by: ["b"])])
        expectEqual(ToolSelector("jira__search"), .name("jira__search"))
        expectEqual(ToolSelector("jira_search"), nil)
        expectEqual(ToolSelector.server(of: "jira__a__b"), "jira")
        expectEqual(ToolSelector.server(of: "__a"), nil)
    }

    @Test(
        "arguments are checked against the server's schema and passed on as they are",
        arguments: [
            (#"{"text":"x","n":2,"kind":"a","list":[1,2.5],"any":{}}"#, nil),
            (#"{"text":null}"#, "text: expected a string, got null"), ("{}", "text: expected a string, got nothing"),
            (#"{"text":"x","n":"2"}"#, "n: expected a whole number"), (#"{"text":"x","n":2.0}"#, nil),
            (#"{"text":"x","kind":"c"}"#, "kind: expected one of a, b"),
            (#"{"text":"x","list":["a"]}"#, "list[0]: expected a number"),
            (#"{"text":"x","texts":1}"#, "did you mean text?"), ("[1]", "expected an object"),
        ] as [(String, String?)])
    func arguments(_ text: String, _ problem: String?) throws {
        let reading = CallReader(tools: [Self.tool("search")]).read(
            ToolCall(id: "w", name: "jira__search", arguments: text), as: "1.1")
        switch reading {
        case .call(let call):
            expectEqual(problem, nil)
            expectEqual(call.arguments, try JSON.parse(text))
        case .failed(let result): #expect(problem.map(result.text.contains) == true, "\(result.text)")
        }
    }

    @Test("arguments have a limit of their own")
    func size() {
        let text = #"{"text":"\#(String(repeating: "x", count: 300 << 10))"}"#
        let reading = CallReader(tools: [Self.tool("search")]).read(
            ToolCall(id: "w", name: "jira__search", arguments: text), as: "1.1")
        guard case .failed(let result) = reading else { return #expect(Bool(false)) }
        #expect(result.text.contains("the limit is 262144"))
    }
}
