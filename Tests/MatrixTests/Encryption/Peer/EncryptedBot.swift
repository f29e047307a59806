import Chat
import HTTP
import Kit
import Lifecycle
import Matrix
import Primitives
import Processes
import TestSupport
import Testing

/// The bot of a test: the adapter with keys on disk, and a sink that echoes.
final class EncryptedBot: Sendable {
    private struct Running {
        let adapter: MatrixAdapter
        let task: Task<Void, any Error>
    }

    private struct State {
        var running: Running?
        var memory: [UInt8]?
    }

    let account: MatrixAccount
    private let synapse: Synapse
    private let trust: MatrixEncryptionSettings.Trust
    /// Its data; removed with it.
    let directory: TemporaryDirectory
    private let recoveryKeyFile: String?
    private let state = Protected(State())

    /// - Parameter recoveryKeyFile: the file with the recovery key; made as `jetbridge matrix recovery-key` does if it is
    ///   missing.
    init(
        _ synapse: Synapse, account: MatrixAccount? = nil, trust: MatrixEncryptionSettings.Trust = .any,
        recoveryKeyFile: String? = nil
    ) async throws {
        self.synapse = synapse
        if let account { self.account = account } else { self.account = try await synapse.newAccount("bot") }
        self.trust = trust
        self.directory = try TemporaryDirectory()
        self.recoveryKeyFile = recoveryKeyFile
        if let recoveryKeyFile, PrivateFile.Stamp(of: recoveryKeyFile).isAbsent {
            try PrivateFile.write(Array(MatrixRecoveryKey().reveal().utf8), to: recoveryKeyFile)
        }
    }

    /// The running adapter.
    var adapter: MatrixAdapter? { self.state.withLock { $0.running?.adapter } }

    /// The recovery key in its file.
    func recoveryKey() throws -> String {
        let path = try #require(self.recoveryKeyFile)
        let file = try #require(PrivateFile.read(path), "no \(path)")
        return String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
            ?? ""
    }

    /// Copies its data while it is stopped.
    func copyData() async throws -> Copy {
        let directory = try TemporaryDirectory()
        _ = try await Process.run(
            ProcessPlan(
                "/bin/cp", ["-a", self.directory.path + "/.", directory.path], environment: ["PATH": "/usr/bin:/bin"]))
        return Copy(directory: directory, memory: self.state.withLock { $0.memory })
    }

    /// Puts an earlier copy of its data back, as from a backup.
    func putBack(_ copy: Copy) async throws {
        let script = "rm -rf \"$1\"/* && cp -a \"$2\"/. \"$1\""
        _ = try await Process.run(
            ProcessPlan(
                "/bin/sh", ["-c", script, "sh", self.directory.path, copy.directory.path],
                environment: ["PATH": "/usr/bin:/bin"]))
        self.state.withLock { $0.memory = copy.memory }
    }

    struct Copy {
        let directory: TemporaryDirectory
        let memory: [UInt8]?
    }

    private func make() -> MatrixAdapter {
        let state = self.state
        let memory = MemoryStore {
            state.withLock { $0.memory }
        } save: { bytes in
            state.withLock { $0.memory = bytes }
            return true
        }
        return MatrixAdapter(
            MatrixSettings(
                id: "peer", homeserver: self.synapse.url, user: self.account.userID,
                credential: .password(Secret(self.account.password)),
                encryption: MatrixEncryptionSettings(trust: self.trust, recoveryKeyFile: self.recoveryKeyFile)),
            memory: memory,
            keys: MatrixKeyFiles(database: self.directory.path + "/keys", key: self.directory.path + "/key"),
            mayInvite: { _ in true })
    }

    /// Starts it, and waits until its device is there: messages from before are not for it.
    func start() async throws {
        let adapter = self.make()
        let sink = EchoingSink(adapter)
        // Unstructured: it runs until ``stop()``.
        let task = Task { try await adapter.run(delivering: sink) }
        self.state.withLock { $0.running = Running(adapter: adapter, task: task) }
        for _ in 0..<600 {
            if adapter.status.state == .up { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("the bot is not up: \(adapter.status)")
    }

    func stop() async throws {
        guard let running = self.state.withLock({ $0.running.take() }) else { return }
        await running.adapter.stop()
        try await running.task.value
    }
}
