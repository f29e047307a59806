import EventLoop
import HTTP
import Processes
import TestSupport

/// A bot on mautrix that was there before: it signs its device, and has secret storage and a key backup.
@Net final class OldBot {
    private let process: Process
    private var output = ""

    private init(_ process: Process) { self.process = process }

    /// Starts it and waits until it answers.
    static func start(_ account: MatrixAccount, on synapse: Synapse) async throws -> OldBot {
        let directory = try TemporaryDirectory()
        let process = try Process.spawn(
            PythonClients.encryption.plan(
                script: "TestSupport/Servers/Matrix/clients/echo_bot.py",
                ["mautrix", synapse.url.origin, account.userID, account.password, directory.path, "backup"]))
        let bot = OldBot(process)
        // Unstructured: it reads as long as the process lives, and keeps the directory.
        Task { @Net in
            while let bytes = try? await process.output.read() { bot.output += String(decoding: bytes, as: UTF8.self) }
            withExtendedLifetime(directory) {}
        }
        let deadline = ContinuousClock.now + .seconds(30)
        while !bot.output.contains("ready\n") {
            guard process.status == nil, ContinuousClock.now < deadline else {
                throw OldBotFailure(description: bot.output)
            }
            try await EventLoop.shared.sleep(for: .milliseconds(20))
        }
        return bot
    }

    var recoveryKey: String { get throws { try EncryptionPeer.line("recovery key", of: self.output) } }

    func stop() async { await self.process.stop(patience: .zero) }
}

struct OldBotFailure: Error, CustomStringConvertible {
    let description: String
}
