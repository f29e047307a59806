import Glibc
import JSON
import TestSupport
import Testing

@testable import Host

/// The model searches through the whole host, in a real jail and without one.
@Suite("Searches by the agent", .timeLimit(.minutes(2)))
struct SearchTests {
    private static let calls: [JSON] = [
        ["pattern": #"fn\s+\w+\("#], ["pattern": "secret", "path": "link"], ["pattern": "root:", "path": ""],
        ["pattern": "hostile", "mode": "text"], ["pattern": #"\.rs$"#, "mode": "names"], ["pattern": "x("],
    ]

    @Test("a search sees the workspace and nothing else, and is not a command", arguments: [true, false])
    func searches(hasJail: Bool) async throws {
        let folder = try TemporaryDirectory()
        try TestFile.write("secret\n", to: "\(folder.path)/secret")
        try RealGit("/").shell("mkdir -p \(folder.path)/notes/src")
        try TestFile.write("fn main() {}\n", to: "\(folder.path)/notes/src/main.rs")
        // A configuration that would run a program.
        try TestFile.write("--pre=/workspace/hostile\n", to: "\(folder.path)/notes/.ripgreprc")
        try TestFile.write("#!/bin/sh\ntouch /workspace/hostile-ran\n", to: "\(folder.path)/notes/hostile")
        try RealGit("\(folder.path)/notes").shell(
            "chmod +x hostile; ln -s ../secret link; ln -s /etc/passwd passwd; git init -q; git add -A; git commit -qm Start"
        )
        let server = try await LoopbackModelServer.started(behaviors: ["test": .answer("There is no script.")])
        let settings = """
            model: {provider: openai, name: test, base_url: "\(server.baseURL)"}
            repositories: [{name: notes, path: "\(folder.path)/notes"}]
            default_repository: notes
            """
        do {
            try await CommandScene.with(settings, isolation: hasJail ? .jail : .none) { scene in
                _ = try await scene.run(
                    "mkdir -p sub; cd sub; export PATH=/workspace RIPGREP_CONFIG_PATH=/workspace/.ripgreprc")
                for call in Self.calls { server.enqueue(.toolCall(name: "grep", arguments: call.text)) }
                server.enqueue(.answer("Searched."))
                let ended = try await scene.client.ended(try await scene.client.send("Search.", to: scene.thread))
                expectEqual(ended["state"], "complete", "\(ended.text)")
                let results = server.requests.last?.messages.filter { $0.role == "tool" }.map(\.text) ?? []
                expectEqual(results.count, Self.calls.count)
                expectEqual(results.first?.contains("\nsrc/main.rs:1: fn main() {}\n</"), true, "\(results)")
                #expect(results[1].contains("symbolic link") || results[1].contains("link"), "\(results[1])")
                #expect(results[2].contains("No hits."), "\(results[2])")
                #expect(
                    results[3].contains("hostile:2: touch") && results[3].contains(".ripgreprc:1: "), "\(results[3])")
                #expect(results[4].contains("\nsrc/main.rs\n</"), "\(results[4])")
                #expect(results[5].contains("unclosed group") && results[5].contains("searched for as text"))
                #expect(!results.contains { $0.contains("secret\n") || $0.contains("root:x") }, "\(results)")
                // Only the person's own command is one.
                try await expectEqual(scene.audit("command.started").count, 1)
                #expect(!(try await scene.run("ls /workspace; true")).contains("hostile-ran"))
                #expect(try await scene.run("echo ${PWD##*/} $PATH").contains("sub /workspace"))
            }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }
}
