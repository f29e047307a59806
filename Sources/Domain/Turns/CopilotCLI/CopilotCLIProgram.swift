internal import Copilot
internal import EventLoop
internal import Jail
internal import Models

/// The CLI in its jail, as its protocol sees it.
@Net
final class CopilotCLIProgram: CopilotCLITransport {
    private let program: JailedProgram

    nonisolated init(_ program: JailedProgram) { self.program = program }

    func run(_ take: @escaping @Net ([UInt8]) -> Void) async {
        while let bytes = await self.program.read() { take(bytes) }
    }

    func write(_ bytes: [UInt8]) { self.program.write(bytes) }

    func failure(isStarting: Bool) -> ModelError {
        CopilotCLIFailure.ended(
            self.program.reason, errors: self.program.errorOutput.split(separator: "\n").map(String.init),
            isStarting: isStarting, isJailed: true)
    }

    var ending: String { self.program.reason ?? "ended" }

    func kill() { self.program.kill() }

    func end(patience: Duration) async { await self.program.end(patience: patience) }
}
