import Extensions
import HTTP
import Jail
import Primitives
import TestSupport
import Testing

@testable import Agent
@testable import Host

@Suite("Configuration: extensions", .timeLimit(.minutes(1)))
struct ExtensionConfigurationTests {
    private static let environment = ["JIRA": "secret-of-jira", "T": "Bearer abcdefgh"]

    @Test("programs and addresses, as the contract has them")
    func whole() throws {
        let loaded = load(
            """
            extensions:
              - name: jira
                command: [uvx, jira-mcp]
                env: {TOKEN: {env: JIRA}, JIRA_URL: https://jira.example.org, RETRIES: 3}
                network: ["jira.example.org:443"]
                files: read
                tools: {search: allow, "*": ask}
                limits: {start: 2m, call: 30s}
              - {name: wiki, url: "https://wiki.example.org/mcp", headers: {Authorization: {env: T}}}
            policy:
              - {name: search, tool: jira__search, decision: allow}
              - {name: rest, tool: extensions, decision: deny}
            """, environment: Self.environment)
        let extensions = try #require(loaded.configuration, "\(loaded.issues)").extensions
        expectEqual(extensions.map(\.name), ["jira", "wiki"])
        let jira = try #require(extensions.first)
        expectEqual(
            jira.way,
            .program(
                ["uvx", "jira-mcp"],
                variables: [
                    "TOKEN": Secret("secret-of-jira"), "JIRA_URL": Secret("https://jira.example.org"),
                    "RETRIES": Secret("3"),
                ]))
        expectEqual(jira.network, [try NetworkRule("jira.example.org:443")])
        expectEqual(jira.files, .read)
        expectEqual(jira.tools, ["search": "allow", "*": "ask"])
        #expect(jira.decision(on: "search") == "allow" && jira.decision(on: "drop") == "ask")
        #expect(
            jira.limits.start == .seconds(120) && jira.limits.list == .seconds(30) && jira.limits.call == .seconds(30))
        expectEqual(
            extensions.last?.way,
            .remote(
                try HTTPURL("https://wiki.example.org/mcp"), headers: ["Authorization": Secret("Bearer abcdefgh")]))
        #expect(jira.reachesNetwork && extensions.last?.reachesNetwork == true)
        let printed = loaded.effective.yaml
        #expect(printed.contains("TOKEN: {env: JIRA}") && !printed.contains("secret-of-jira"), "\(printed)")
        expectEqual(load("{}").configuration?.extensions, [])
    }

    @Test("what a host is to a sign-in, as the contract has it")
    func oauth() throws {
        let loaded = load(
            """
            extensions:
              - {name: wiki, url: "https://wiki.example.org/mcp", oauth: {client_id: jb, client_secret: {env: JIRA}, scope: a b}}
            """, environment: Self.environment)
        let wiki = try #require(loaded.configuration?.extensions.first, "\(loaded.issues)")
        expectEqual(
            wiki.oauth, OAuthSettings(clientID: "jb", clientSecret: Secret("secret-of-jira"), scope: "a b"))
        let printed = loaded.effective.yaml
        #expect(printed.contains("client_secret: {env: JIRA}") && !printed.contains("secret-of-jira"), "\(printed)")
    }

    @Test(
        "mistakes are named with their place",
        arguments: [
            ("{command: [a]}", "extensions[0]: 'name' is missing"),
            ("{name: Jira, command: [a]}", "extensions[0].name: a name begins with a letter"),
            ("{name: jira}", "extensions[0]: an extension has either 'command'"),
            ("{name: jira, command: [a], url: \"https://a.example\"}", "either 'command'"),
            ("{name: jira, command: []}", "extensions[0].command: expected a program"),
            ("{name: jira, command: a b}", "extensions[0].command: expected a list"),
            (
                "{name: jira, command: [a], env: {TOKEN: abc}}",
                "extensions[0].env.TOKEN: a secret cannot be written here"
            ),
            ("{name: jira, command: [a], env: {A-B: abc}}", "'A-B' is not the name of a variable"),
            ("{name: jira, command: [a], headers: {A: b}}", "'headers' has no effect with 'command'"),
            ("{name: jira, command: [a], network: [\"https://a.example\"]}", "write NAME:PORT"),
            ("{name: jira, command: [a], files: all}", "extensions[0].files: 'all' is not one of none, read, write"),
            ("{name: jira, command: [a], tools: {x: maybe}}", "extensions[0].tools.x: 'maybe' is not one of"),
            ("{name: jira, command: [a], limits: {call: 2h}}", "extensions[0].limits.call: 2h is out of range"),
            ("{name: jira, command: [a], tool: {}}", "extensions[0].tool: unknown key"),
            ("{name: jira, url: \"http://a.example/mcp\"}", "use https://"),
            ("{name: jira, url: \"https://a.example\", network: []}", "'network' has no effect with 'url'"),
            (
                "{name: jira, command: [a], oauth: {client_id: a}}",
                "extensions[0]: 'oauth' has no effect with 'command'"
            ),
            (
                "{name: jira, url: \"https://a.example\", headers: {authorization: {env: T}}, oauth: {client_id: a}}",
                "extensions[0]: 'oauth' has no effect beside the header"
            ),
            (
                "{name: jira, url: \"https://a.example\", oauth: {client_secret: {env: T}}}",
                "extensions[0].oauth: 'client_secret' has no effect without"
            ),
            (
                "{name: jira, url: \"https://a.example\", oauth: {client_id: a, client_secret: abc}}",
                "extensions[0].oauth.client_secret: a secret cannot be written here"
            ),
            (
                "{name: jira, url: \"https://a.example\", oauth: {client_id: a b}}",
                "extensions[0].oauth.client_id: expected"
            ),
            ("{name: jira, url: \"https://a.example\", oauth: {id: a}}", "extensions[0].oauth.id: unknown key"),
            ("{name: jira, url: \"https://a.example\", headers: {Mcp-Method: x}}", "'Mcp-Method' is not the name"),
        ])
    func mistakes(_ entry: String, _ message: String) {
        let loaded = load("extensions: [\(entry)]", environment: Self.environment)
        #expect(loaded.configuration == nil)
        #expect(loaded.errors.contains { "\($0)".contains(message) }, "\(loaded.issues)")
    }

    @Test("names are unique, and rules name extensions that exist")
    func names() {
        let twice = load("extensions: [{name: a, command: [x]}, {name: a, command: [y]}]")
        #expect(twice.errors.contains { "\($0)".contains("another extension has the name 'a'") }, "\(twice.issues)")
        let rule = load(
            """
            extensions: [{name: jira, command: [x]}]
            policy: [{name: r, tool: jiro__search, decision: allow}]
            """)
        #expect(rule.errors.contains { "\($0)".contains("no extension has the name 'jiro'") }, "\(rule.issues)")
    }

    @Test("the coder has extensions; a reload applies them")
    func persona() throws {
        let configuration = try #require(load("{}").configuration)
        #expect(configuration.agent.personas["coder"]?.tools.contains("extensions") == true)
        #expect(configuration.agent.personas["reviewer"]?.tools.contains("extensions") == false)
    }
}
