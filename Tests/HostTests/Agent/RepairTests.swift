import JSON
import TestSupport
import Testing

@testable import Host

/// A scripted model repairs small repositories through the whole host, in real jails.
@Suite("Repairs by the agent", .timeLimit(.minutes(3)))
struct RepairTests {
    @Test("fifteen repositories in five languages: fifteen commits, and nothing else is changed")
    func repairs() async throws {
        let folder = try TemporaryDirectory()
        for episode in RepairEpisode.all { try episode.make(in: folder.path) }
        let before = try Self.state(of: folder.path)
        let server = try await LoopbackModelServer.started(behaviors: ["test": .answer("There is no script.")])
        let list = RepairEpisode.all.map { "{name: \($0.name), path: \"\(folder.path)/\($0.name)\"}" }
        let settings = """
            model: {provider: openai, name: test, base_url: "\(server.baseURL)"}
            repositories: [\(list.joined(separator: ", "))]
            approvals: {commands: allow, writes: allow}
            """
        do {
            try await CommandScene.with(settings) { scene in
                for episode in RepairEpisode.all { try await Self.play(episode, scene, server, in: folder.path) }
                let commits = try await scene.audit("commit")
                expectEqual(commits.count, RepairEpisode.all.count)
            }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
        try expectEqual(Self.state(of: folder.path), before)
    }

    private static func play(
        _ episode: RepairEpisode, _ scene: CommandScene, _ server: LoopbackModelServer, in folder: String
    ) async throws {
        let client = scene.client
        let thread = try await client.newThread()
        _ = try await client.ended(try await client.send("/repo \(episode.name)", to: thread))
        for call in episode.calls {
            server.enqueue(.toolCall(name: call.tool, arguments: call.arguments.text))
        }
        server.enqueue(.answer("The test of \(episode.name) passes."))
        let ended = try await client.ended(try await client.send("Fix the failing test.", to: thread))
        expectEqual(ended["state"], "complete", "\(episode.name): \(ended.text)")
        let texts = try await client.transcript(of: thread).map(\.text)
        #expect(texts.contains { $0.contains("The test of \(episode.name) passes.") }, "\(episode.name): \(texts)")
        let hasSize = texts.contains { $0.contains(#/^\d+ steps, \d+ files? \+\d+ −\d+, \d+ s, /#) }
        #expect(hasSize, "\(episode.name): \(texts)")

        let results = server.requests.last?.messages.filter { $0.role == "tool" }.map(\.text) ?? []
        expectEqual(results.count, episode.calls.count, "\(episode.name): \(results)")
        let exits = results.compactMap { $0.split(separator: "\n").last { $0.hasPrefix("exit ") } }
        #expect(exits.count == 2 && exits.first != "exit 0" && exits.last == "exit 0", "\(episode.name): \(results)")

        let git = RealGit("\(folder)/\(episode.name)")
        let commit = try await scene.audit("commit").last { $0["repository"]?.stringValue == episode.name }
        let branch = try #require(commit?["branch"]?.stringValue, "\(episode.name): \(results)")
        try expectEqual(git("log --format=%s main..\(branch)"), episode.subject)
        try expectEqual(git("rev-parse \(branch)"), commit?["sha"]?.stringValue)
        let diff = try git("diff -U0 --no-renames main \(branch) | grep '^[-+]' | tr '\\r' @")
        expectEqual(diff, episode.diff, "\(episode.name)")
    }

    /// All that no thread may change: everything but Git's objects and the branches of threads.
    private static func state(of folder: String) throws -> String {
        try RealGit(folder).shell(
            """
            for it in *; do echo "$it" && git -C "$it" rev-parse main && git -C "$it" status --porcelain; done
            find . \\( -path '*/.git/objects' -o -path '*/.git/refs' -o -path '*/.git/logs' \\) -prune -o \
            -type f -exec sha256sum {} + | sort
            """)
    }
}
