internal import EventLoop
internal import Processes

/// `/bin/sh` on bare pipes, driven by the same event loop: no jail, nothing guarded.
@Net
final class PlainShell {
    private let process: Process

    init() throws {
        var plan = ProcessPlan("/bin/sh", environment: ["PATH": "/usr/bin:/bin"])
        plan.standardInput = .pipe
        plan.standardError = .null
        self.process = try Process.spawn(plan)
    }

    /// Runs a command that prints nothing, and waits for its status.
    func run(_ text: String) async throws {
        try await self.process.input.write(Array("\(text); echo $?\n".utf8))
        while let bytes = try await self.process.output.read() {
            if bytes.last == UInt8(ascii: "\n") { return }
        }
        throw BenchFailure("/bin/sh ended")
    }

    func end() async { await self.process.stop(patience: .zero, grace: .zero) }
}
