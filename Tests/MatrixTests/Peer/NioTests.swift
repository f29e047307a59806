import Chat
import HTTP
import JetbridgeTesting
import Matrix
import Primitives
import Processes
import Testing

/// A bot on a real Synapse, with a client of somebody else's on the other side.
@Suite("Matrix: matrix-nio on the other side", .timeLimit(.minutes(2)))
struct NioTests {
    @Test("threads, edits, reactions, receipts, typing, people's changes, files")
    func talk() async throws {
        let output = try await self.run(.off, ["talk", "files", "long"])
        #expect(output.contains("threads and edits"))
        #expect(output.contains("reactions, receipts, typing"))
        #expect(output.contains("people's edits, choices and deletions"))
        #expect(output.contains("files both ways"))
        #expect(output.contains("a long answer"))
    }

    @Test("with the server's default limits a long answer comes whole, and no other is lost")
    func limits() async throws {
        let output = try await self.run(.synapseDefaults, ["long", "files"])
        #expect(output.contains("a long answer"))
        #expect(output.contains("files both ways"))
    }

    /// What the client printed; it ends with `done` when all was as it should be.
    private func run(_ limits: Synapse.Limits, _ jobs: [String]) async throws -> String {
        let synapse = try await Synapse.shared(limits)
        let bot = try await synapse.newAccount("nio-bot")
        let person = try await synapse.newAccount("nio")
        let adapter = MatrixAdapter(
            MatrixSettings(
                id: "nio", homeserver: synapse.url, user: bot.userID, credential: .password(Secret(bot.password))),
            mayInvite: { _ in true })
        let sink = EchoingSink(adapter)
        // Unstructured: it runs until it is stopped below.
        let running = Task { try await adapter.run(delivering: sink) }
        var plan = ProcessPlan(
            Process.find("setpriv") ?? "/usr/bin/setpriv",
            [
                "--pdeathsig", "KILL", Self.root + "/.cache/venv-chat/bin/python", "-c", NioScript.text,
                synapse.url.origin, person.name, person.password, bot.userID,
            ] + jobs,
            environment: ["PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "ignore"])
        plan.standardError = .joined
        let result = try await Process.run(plan, input: [])
        let output = String(decoding: result.output, as: UTF8.self)
        #expect(output.hasSuffix("done\n"), Comment(rawValue: output))
        await adapter.stop()
        _ = await running.result
        return output
    }

    private static let root: String = {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(4)
        return parts.joined(separator: "/")
    }()
}
