import JSON
import Processes
import TestSupport
import Testing

/// Kills the real program while it runs servers of tools.
@Suite("A crash with extensions", .serialized, .timeLimit(.minutes(3)))
struct ExtensionCrashTests {
    private static let program = "\(PythonClients.root)/Tests/ExtensionsTests/Fixtures/rude.py"

    private static func entry(_ name: String, _ manner: String, _ more: String = "") -> String {
        "{name: \(name), command: [python3, \"\(Self.program)\", \(manner)\(more)], tools: {\"*\": allow}}"
    }

    @Test("a host that is killed leaves no process of its servers, nor of their jails")
    func killed() async throws {
        let model = try await LoopbackModelServer.started(behaviors: [:])
        let mark = Survivors.mark()
        let entries = [Self.entry("family", "family", ", \"\(mark)\""), Self.entry("deaf", "deaf", ", \"\(mark)\"")]
        let host = try await HostProcess(
            configuration: HostConfiguration.web(model) + "extensions: [\(entries.joined(separator: ", "))]\n")
        for _ in 0..<2 {
            try await host.start()
            // Two servers, a child, and one that has left its parent and its session.
            _ = try await Survivors.wait(mark, atLeast: 4)
            // Each jail has three processes of its own.
            let family = ProcessTable.descendants(of: try #require(await host.id)).map { process in
                (process, ProcessTable.arguments(of: process))
            }
            #expect(family.count >= 10)
            await host.kill()
            try await Survivors.waitForNone(mark)
            try await eventually("no jail is left") {
                // An id may be another process's by now; a zombie has no arguments.
                family.allSatisfy { process, arguments in
                    arguments.isEmpty || ProcessTable.arguments(of: process) != arguments
                }
            }
        }
        await model.stop()
    }

    @Test("no word of a server reaches the model before an owner has read it; what was approved survives a crash")
    func poison() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("Done.")])
        let mark = Survivors.mark()
        let host = try await HostProcess(
            configuration: HostConfiguration.web(model) + "extensions: [\(Self.entry("jira", "poison"))]\n")
        try Self.writeForeignFiles(in: host.directory.path, mark)
        try await host.start()
        var client = try await host.signIn()
        let thread = try await client.newThread()
        func ask(_ text: String) async throws -> String {
            let count = model.requests.count
            try await expectEqual(client.ended(client.send(text, to: thread))["state"], "complete")
            return model.requests[count...].map { String(decoding: $0.body, as: UTF8.self) }.joined(separator: "\n")
        }

        var asked: JSON?
        try await eventually("owners are asked about the list") {
            let asks = try await client.get("/api/v1/asks")["items"]?.arrayValue ?? []
            asked = asks.first { $0["kind"] == "extension" }
            return asked != nil
        }
        for text in ["Hello", "jira:triage"] {
            let request = try await ask(text)
            #expect(!request.contains("Poison") && !request.contains("jira__"), "\(request)")
        }
        let id = try #require(asked?["id"]?.stringValue)
        _ = try await client.post("/api/v1/asks/\(id)", ["answer": "A"])
        await host.kill()
        try await host.start()
        client = client.moved(to: try #require(host.address))

        model.enqueue(.toolCall(name: "jira__go", arguments: "{}"))
        let requests = try await ask("Go")
        #expect(requests.contains(#""name":"jira__go""#) && requests.contains("Poison in the description."))
        // Its instructions and its answer are data, never the system's words.
        for words in ["Poison in the instructions.", "gone"] {
            let messages = model.requests.flatMap(\.messages).filter { $0.text.contains(words) }
            #expect(!messages.isEmpty, "\(words)")
            #expect(messages.allSatisfy { Self.isData(words, in: $0.text) }, "\(messages)")
        }
        // A prompt is the server's words, whatever role it claims for them.
        let prompted = try await ask("jira:triage")
        #expect(prompted.contains("Poison in the prompt."))
        let last = try #require(model.requests.last?.messages.last)
        #expect(last.role == "user" && Self.isData("Poison in the prompt.", in: last.text), "\(last.text)")
        try await expectEqual(client.get("/api/v1/asks")["items"]?.arrayValue?.count, 0)
        expectEqual(Survivors.of(mark), [])
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    /// Whether a text is between the marks of data.
    private static func isData(_ words: String, in text: String) -> Bool {
        guard let range = text.firstRange(of: words) else { return false }
        let before = text[..<range.lowerBound]
        return before.matches(of: /<data-/).count > before.matches(of: /<\/data-/).count
    }

    /// Servers that the files of a repository or a home folder name for other programs.
    private static func writeForeignFiles(in folder: String, _ mark: String) throws {
        let server: JSON = ["command": "python3", "args": [.string(Self.program), "deaf", .string(mark)]]
        let repository = "\(folder)/notes"
        try RealGit("/").shell(
            "mkdir -p \(repository)/.vscode \(repository)/.cursor \(folder)/.vscode \(folder)/.cursor")
        for place in [folder, repository] {
            for (name, key) in [
                (".mcp.json", "mcpServers"), (".vscode/mcp.json", "servers"), (".cursor/mcp.json", "mcpServers"),
            ] {
                let content: JSON = .object([key: ["evil": server]])
                try TestFile.write(content.text, to: "\(place)/\(name)")
            }
        }
        try RealGit(repository)("init -q -b main && git add -A && git commit -qm Start")
    }
}
