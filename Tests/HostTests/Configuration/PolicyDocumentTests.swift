import Agent
import Chat
import Host
import TestSupport
import Testing

/// What docs/policy.md shows is tried with the program.
@Suite("docs/policy.md")
struct PolicyDocumentTests {
    private static let path = #filePath.split(separator: "/").dropLast(4).map { "/" + $0 }.joined() + "/docs/policy.md"

    private static func document() throws -> String {
        String(decoding: try FileReader.read(Self.path, limit: 1 << 20).bytes, as: UTF8.self)
    }

    /// The blocks of YAML, in their order.
    private static func blocks() throws -> [String] {
        try Self.document().split(separator: "```yaml\n").dropFirst().compactMap {
            $0.split(separator: "```", maxSplits: 1).first.map { String($0) }
        }
    }

    @Test("the example of a policy is valid, and decides as the table says")
    func policy() throws {
        let loaded = load(try #require(try Self.blocks().first))
        expectEqual(loaded.issues, [])
        let policy = try #require(loaded.configuration).policy
        let rows =
            try Self.document().split(separator: "| command, with the rules above").last?
            .split(separator: "\n").dropFirst(2).prefix { $0.hasPrefix("|") } ?? []
        expectEqual(rows.count, 5)
        for row in rows {
            let cells = row.replacing("`", with: "").split(separator: "|").map { String($0.dropFirst().dropLast()) }
            let verdict = policy.verdict(on: .run(cells[0], role: .owner, repository: "notes"))
            #expect(verdict.decision.rawValue == cells[1] && verdict.rule == cells[2], "\(cells)")
        }
    }

    @Test("the example of a persona is valid")
    func persona() throws {
        let directory = try TemporaryDirectory()
        directory.write("personas/tester.yaml", try #require(try Self.blocks().last))
        let loaded = load("", flags: ConfigurationFlags(dataDirectory: directory.path))
        expectEqual(loaded.issues, [])
        let configuration = try #require(loaded.configuration)
        let tester = try #require(configuration.agent.personas["tester"])
        expectEqual(tester.limits, AgentLimits(steps: 30, tokens: 200_000, time: .seconds(900)))
        #expect(tester.tools.contains("shell") && !tester.tools.contains("fetch"))
    }

    @Test("the table of the settings' rules names each of them")
    func rules() throws {
        let document = try Self.document()
        for rule in Policy().rules { #expect(document.contains("| `\(rule.name)` |")) }
    }
}
