internal import EventLoop
internal import Glibc
internal import Processes

/// The process of a test's Synapse. It ends when this process does, however that happens, and its files are removed.
@Net final class SynapseProcess {
    private let plan: ProcessPlan
    private var process: Process?
    private var output = ""
    /// Whether the server itself, not only the shell around it, is running.
    private(set) var isRunning = false

    /// The shell holds the server and waits for the end of its input, which comes when this process ends. The end of
    /// the output marks the server's end, as no other process holds it.
    private nonisolated static let script = """
        ulimit -c 0
        directory=$1
        shift
        "$@" </dev/null &
        server=$!
        exec >/dev/null 2>&1
        cat
        kill -KILL $server
        wait $server
        rm -rf "$directory"
        """

    nonisolated init(_ python: String, configuration: SynapseConfiguration) {
        var plan = ProcessPlan(
            "/bin/sh",
            [
                "-c", Self.script, "sh", configuration.directory, python, "-m", "synapse.app.homeserver",
                "--config-path", configuration.path,
            ],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": configuration.directory],
            directory: configuration.directory)
        plan.standardInput = .pipe
        plan.standardError = .joined
        self.plan = plan
    }

    /// The end of its output.
    var log: String { String(self.output.suffix(8_000)) }

    func start() throws {
        let process = try Process.spawn(self.plan)
        self.process = process
        self.output = ""
        self.isRunning = true
        // Unstructured: it lives as long as the process, beyond the call that starts it.
        Task { @Net in
            while let bytes = try? await process.output.read() {
                self.output += String(decoding: bytes, as: UTF8.self)
                if self.output.utf8.count > 1 << 20 { self.output = self.log }
            }
            if self.process === process { self.isRunning = false }
        }
    }

    /// Ends server and shell with a signal; the files stay.
    func end(_ signal: Int32) async {
        guard let process = self.process.take() else { return }
        self.isRunning = false
        process.signal(signal)
        await process.stop(patience: .seconds(5), grace: .seconds(2))
    }

    /// Ends the server and removes its files.
    func remove() async {
        guard let process = self.process.take() else { return }
        self.isRunning = false
        await process.stop(patience: .seconds(5), grace: .seconds(2))
    }
}
