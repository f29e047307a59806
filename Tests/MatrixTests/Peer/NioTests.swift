import Chat
import HTTP
import Matrix
import Primitives
import Processes
import TestSupport
import Testing

/// A bot on a real Synapse with an independent client.
@Suite("Matrix: matrix-nio as the client", .timeLimit(.minutes(2)))
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

    @Test("with the server's default limits, a long answer arrives complete and nothing else is lost")
    func limits() async throws {
        let output = try await self.run(.synapseDefaults, ["long", "files"])
        #expect(output.contains("a long answer"))
        #expect(output.contains("files both ways"))
    }

    /// Returns the client's output, which ends with `done` on success.
    private func run(_ limits: Synapse.Limits, _ jobs: [String]) async throws -> String {
        let synapse = try await Synapse.shared(limits)
        let bot = try await synapse.newAccount("nio-bot")
        let person = try await synapse.newAccount("nio")
        let adapter = MatrixAdapter(
            MatrixSettings(
                id: "nio", homeserver: synapse.url, user: bot.userID, credential: .password(Secret(bot.password))),
            mayInvite: { _ in true })
        let sink = EchoingSink(adapter)
        async let running: Void = adapter.run(delivering: sink)
        let result = try await PythonClients.chats.run(
            ["-c", NioScript.text, synapse.url.origin, person.name, person.password, bot.userID] + jobs,
            environment: ["PYTHONWARNINGS": "ignore"])
        let output = result.text
        #expect(output.hasSuffix("done\n"), "\(output)\(result.errorText)")
        await adapter.stop()
        try await running
        return output
    }
}
