internal import EventLoop
internal import Glibc
internal import Host
internal import Logging
internal import Primitives
internal import Processes

/// The program that takes over this process: what is installed then where this one was started from.
final class Successor: Sendable {
    /// The name of a socket that this program opened, as opposed to one of the service manager.
    static let ownSocket = "restart"

    /// What a program prints when it is only checked, if it knows sockets other than the gateway's.
    static let ability = "takes over connections"

    private static let patience: Duration = .seconds(60)

    private let program: String
    private let arguments: [String]
    private let environment: [String: String]
    private let socketName: String
    private let report: RestartReport
    private let host = Protected<Host?>(nil)
    private let listener = Protected<Int32?>(nil)
    private let logger = Logger(label: "host")

    /// - Parameter socketName: ``ownSocket``, or the name that the service manager gave to the gateway's.
    init(_ report: RestartReport, environment: [String: String], socketName: String) {
        let called = CommandLine.arguments.first ?? ""
        // As it was called, because a link may lead to another release by then. Without a folder it came from the path.
        self.program = called.contains("/") ? called : Self.executable
        self.arguments = Array(CommandLine.arguments.dropFirst())
        self.environment = environment.filter { !$0.key.hasPrefix("LISTEN_") }
        self.socketName = socketName
        self.report = report
    }

    private static var executable: String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// The host serves, and may be replaced.
    func hostIsReady(_ host: Host) {
        Self.endConnections()
        self.host.withLock { $0 = host }
        self.report.write(.done(version: Release.version))
    }

    /// Whether the program can serve, and has the host's socket. If not, says why in the log and to whoever asked.
    func prepare() async -> Bool {
        if let (status, reason) = await self.problem() {
            self.logger.error("no restart: \(reason)")
            self.report.write(.failed(status, reason))
            return false
        }
        guard let socket = await self.host.withLock({ $0 })?.handOver() else {
            self.report.write(.failed(1, "its start is not complete"))
            return false
        }
        self.listener.withLock { $0 = socket }
        return true
    }

    /// Says goodbye on connections of the previous program that nobody has taken over. Only IRC has them.
    static func endConnections() {
        InheritedSockets.ofProcess.connections.closeAll(saying: Array("QUIT :Jetbridge\r\n".utf8))
    }

    /// Nil if the program reports that it can serve; else the exit status for scripts, and why not.
    private func problem() async -> (status: Int32, reason: String)? {
        var environment = self.environment
        // The service manager is not to hear of a trial.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { environment[name] = nil }
        let plan = ProcessPlan(self.program, self.arguments + ["--check"], environment: environment)
        do {
            let result = try await withDeadline(Self.patience) { () async throws(any Error) in
                try await Process.run(plan)
            }
            guard let result else {
                return (1, "the new program did not report within \(Self.patience) that it can serve")
            }
            if result.status.isSuccess {
                if result.text.contains(Self.ability) { InheritedSockets.ofProcess.connections.beginHandOver() }
                return nil
            }
            let lines = result.errorText.split(whereSeparator: \.isNewline).joined(separator: "; ")
            return (
                result.status == .exited(78) ? 78 : 1,
                "the new program ended with \(result.status)\(lines.isEmpty ? "" : ": \(lines.suffix(2_000))")"
            )
        } catch {
            return (1, "the new program \(self.program) cannot be run: \(error)")
        }
    }

    /// Becomes the program, which finds the sockets as if the service manager had passed them. Returns only if that fails.
    func takeOver() -> CommandFailure {
        let first: Int32 = 3
        Logging.flush()
        guard let listener = self.listener.withLock({ $0 }) else { return CommandFailure("there is no socket") }
        let sockets = [(name: self.socketName, number: listener)] + InheritedSockets.ofProcess.connections.all
        var environment = self.environment
        environment["LISTEN_PID"] = "\(getpid())"
        environment["LISTEN_FDS"] = "\(sockets.count)"
        environment["LISTEN_FDNAMES"] = sockets.map(\.name).joined(separator: ":")
        // Libraries may have left some without this flag.
        let limit = Int32(clamping: sysconf(Int32(_SC_OPEN_MAX)))
        for number in first..<limit { _ = fcntl(number, F_SETFD, FD_CLOEXEC) }
        // Out of the way first. Only the last copies lack the flag.
        let copies = sockets.map { fcntl($0.number, F_DUPFD_CLOEXEC, first + Int32(sockets.count)) }
        for (number, copy) in zip(first..., copies) { dup2(copy, number) }
        let words = ([self.program] + self.arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        execve(self.program, words, variables)
        return CommandFailure("\(self.program) cannot be run: \(String(cString: strerror(errno)))")
    }
}
