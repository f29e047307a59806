internal import EventLoop
internal import Glibc
internal import JSON
internal import Jail
internal import Primitives
internal import Processes

/// Runs commands from stdin in one jail and prints how each ended: one JSON object per line, both ways. So another
/// program can try the jail, also as another user.
///
/// A request has `text`, and perhaps `place`, `milliseconds` (of the time limit) and `output` (bytes at most).
struct ShellDriver {
    private let arguments: BenchArguments
    /// The most bytes of each output.
    private static let kept = 64 << 10

    init(_ arguments: BenchArguments) { self.arguments = arguments }

    func run() async throws {
        var limits = JailLimits()
        limits.memory = self.arguments.number("memory", default: limits.memory)
        limits.processes = self.arguments.number("processes", default: limits.processes)
        limits.disk = self.arguments.number("disk", default: limits.disk)
        limits.files = self.arguments.number("files", default: limits.files)
        limits.fileSize = self.arguments.number("file_size", default: limits.fileSize)
        let limiter: (any JailLimiter)? =
            self.arguments.text("limits", default: "") == "rlimits" ? ResourceLimits() : nil
        let jail = try await BenchJail(folder: self.arguments.text("folder"), limits: limits, limiter: limiter)
        let shell = try jail.shell("session")
        BenchOutput.line(["limits": .string(jail.limiterName)])
        while let line = await Self.nextLine() {
            guard case .object(let request) = try JSON.parse(line) else { continue }
            let answer = try await self.answer(request, shell)
            if answer["is_lost"]?.boolValue == true { try await self.start(shell) }
            BenchOutput.line(answer)
        }
        await shell.end()
    }

    /// Starts the next jail, so that the next time limit is that of its command alone.
    private func start(_ shell: JailShell) async throws {
        _ = try await shell.run(
            ShellCommand(text: "true", place: .persistent, timeout: nil, outputLimit: 1 << 10)
        ) { _ in }
    }

    private func answer(_ request: JSONObject, _ shell: JailShell) async throws -> JSONObject {
        let place: ShellCommand.Place =
            switch request["place"]?.stringValue {
            case "fresh": .fresh
            case "background": .background
            default: .persistent
            }
        let command = ShellCommand(
            text: request["text"]?.stringValue ?? "", place: place,
            timeout: .milliseconds(request["milliseconds"]?.intValue ?? 20_000),
            outputLimit: Int(request["output"]?.intValue ?? 1 << 20))
        let kept = Protected<(output: [UInt8], errors: [UInt8], count: Int)>(([], [], 0))
        let exit: ShellExit
        do {
            exit = try await shell.run(command) { piece in
                kept.withLock { kept in
                    kept.count += piece.bytes.count
                    // Enough to find a secret in it, whatever it is.
                    if piece.stream == .standardOutput {
                        kept.output += piece.bytes.prefix(max(0, Self.kept - kept.output.count))
                    } else {
                        kept.errors += piece.bytes.prefix(max(0, Self.kept - kept.errors.count))
                    }
                }
            }
        } catch {
            return ["failure": .string(error.message)]
        }
        let (output, errors, count) = kept.withLock { $0 }
        var status = ""
        var number: Int?
        switch exit.status {
        case .exited(let value): (status, number) = ("exited", value)
        case .signalled(let value): (status, number) = ("signalled", value)
        case .stopped: status = "stopped"
        case .timedOut: status = "timed out"
        case .outputLimit: status = "output limit"
        case .limit(let name): status = "limit: \(name)"
        case .disk(let excess): status = "disk: \(excess.reason)"
        case .shellEnded(let value): (status, number) = ("shell ended", value)
        case .lost(let reason): status = "lost: \(reason)"
        }
        return [
            "status": .string(status), "number": number.map { .number(Double($0)) } ?? .null,
            "is_lost": .bool(exit.isShellLost), "directory": .string(exit.directory),
            "output": .string(String(decoding: output, as: UTF8.self)),
            "errors": .string(String(decoding: errors, as: UTF8.self)), "bytes": .number(Double(count)),
        ]
    }

    /// Blocks a thread of its own pool, which has nothing else to do.
    @concurrent private static func nextLine() async -> String? { readLine() }
}
