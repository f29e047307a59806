internal import Copilot
internal import EventLoop
internal import Jail

/// The CLI in its jail, as its protocol sees it.
@Net
final class CopilotCLIProgram: CopilotCLITransport {
    private let program: JailedProgram

    nonisolated init(_ program: JailedProgram) { self.program = program }

    func read() async -> [UInt8]? { await self.program.read() }

    func write(_ bytes: [UInt8]) { self.program.write(bytes) }

    var errorOutput: String { self.program.errorOutput }

    var reason: String? { self.program.reason }

    func kill() { self.program.kill() }

    func end(patience: Duration) async { await self.program.end(patience: patience) }
}
