import Chat
import Primitives
import TestSupport
import Work

@testable import Jail

/// A shell that plays commands: `echo TEXT`, `error TEXT`, `hang`, `write NAME`, `leave`, `exit N`, `bytes`, `lose`.
final class FakeShell: Shell {
    private let state = Protected(
        (commands: [ShellCommand](), hanging: 0, leftovers: false, failure: JailFailure?.none))
    let workspace: FakeWorkspace

    init(_ workspace: FakeWorkspace) { self.workspace = workspace }

    var commands: [ShellCommand] { self.state.withLock { $0.commands } }

    func fail(_ failure: JailFailure) { self.state.withLock { $0.failure = failure } }

    /// Waits until a command hangs.
    func waitForHanging() async throws {
        try await eventually("a command hangs") { self.state.withLock { $0.hanging > 0 } }
    }

    func run(
        _ command: ShellCommand, output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        if let failure = self.state.withLock({ $0.failure }) { throw failure }
        self.state.withLock { $0.commands.append(command) }
        let words = command.text.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = words.count > 1 ? words[1] : ""
        do {
            switch words[0] {
            case "echo": try await output(ShellOutput(stream: .standardOutput, bytes: Array("\(rest)\n".utf8)))
            case "error": try await output(ShellOutput(stream: .standardError, bytes: Array("\(rest)\n".utf8)))
            case "bytes":
                for byte in Array("ä€".utf8) + [0xFF, UInt8(ascii: "\n")] {
                    try await output(ShellOutput(stream: .standardOutput, bytes: [byte]))
                }
            case "write": try await self.workspace.write([1], to: rest)
            case "exit": return Self.exit(.shellEnded(Int(rest)), isLost: true)
            case "leave": self.state.withLock { $0.leftovers = true }
            case "status": return Self.exit(.exited(Int(rest) ?? 0))
            case "lose": return Self.exit(.limit("memory"), isLost: true)
            case "hang":
                try await output(ShellOutput(stream: .standardOutput, bytes: Array("begun".utf8)))
                self.state.withLock { $0.hanging += 1 }
                // Until the task is cancelled.
                await Signal().wait()
                try? await output(ShellOutput(stream: .standardOutput, bytes: Array(" ended\n".utf8)))
                return Self.exit(.stopped, isLost: true)
            default: break
            }
        } catch {
            return Self.exit(.stopped, isLost: true)
        }
        return Self.exit(.exited(0))
    }

    /// `wait` waits for a free place first.
    func run(
        _ command: ShellCommand, waiting: @escaping @Sendable (String?) async -> Void,
        output: @escaping @Sendable (ShellOutput) async throws -> Void
    ) async throws(JailFailure) -> ShellExit {
        if command.text == "wait" {
            await waiting("all 4 of your jails are busy")
            await waiting(nil)
        }
        return try await self.run(command, output: output)
    }

    func end() async {}

    /// Whether a command left something running, as `leave` does; the second time there is nothing.
    func takeLeftovers() -> Bool {
        self.state.withLock { state in
            defer { state.leftovers = false }
            return state.leftovers
        }
    }

    var hasLeftovers: Bool { self.state.withLock { $0.leftovers } }

    private static func exit(_ status: ShellExit.Status, isLost: Bool = false) -> ShellExit {
        ShellExit(status: status, duration: .milliseconds(1_249), isShellLost: isLost, directory: "/workspace/src")
    }
}

struct FakeShells: ShellDirectory {
    let shell: FakeShell

    func shell(of place: SessionPlace, for user: String, workspace: any WorkspaceFiles) async throws -> any Shell {
        self.shell
    }

    func endLeftovers(of session: String) async -> Bool { self.shell.takeLeftovers() }
    func leftovers(of session: String) async -> [ShellProcess] {
        self.shell.hasLeftovers ? [ShellProcess(id: 12, command: "sleep 99", age: .seconds(61))] : []
    }
    func endLeftover(_ id: Int, of session: String) async -> Bool { id == 12 && self.shell.takeLeftovers() }
    var sessions: Set<String> { get async { [] } }
    func enter(_ workspace: Workspace) {}
    func leave(_ session: String) async {}
    func isLent(_ session: String) -> Bool { false }
    func end(_ session: String) async {}
    func forget(_ session: String) {}
    func end() async {}
}
