internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Processes

struct RestartCommand: Command {
    let syntax = CommandSyntax(
        "restart", summary: "Let the running host go over to the installed program",
        discussion: """
            The host first tries the installed program with its own arguments: if that ends, or does not report within 60 \
            seconds that configuration and database suit it, the host serves on, and this exits with 1, or 78 for the \
            configuration. Otherwise answers that run come to their end, and the new program takes over process and socket: \
            clients that connect meanwhile wait. Sending SIGUSR2 to the host does the same.
            """)

    /// Longer than a trial, the end of running answers and a start together.
    private static let patience: Duration = .seconds(180)

    func run(_ context: CommandContext) async throws {
        let directory = try DataDirectory(path: try context.loadConfiguration().dataDirectory)
        guard let host = directory.servingHost else {
            throw CommandFailure("no host serves \(directory.path): start it with 'jetbridge serve'")
        }
        let report = RestartReport(directory.path)
        try report.ask()
        defer { report.remove() }
        guard kill(host, SIGUSR2) == 0 else {
            throw CommandFailure("the host with pid \(host) cannot be asked: \(String(cString: strerror(errno)))")
        }
        let deadline = ContinuousClock.now + Self.patience
        // A file is all that both programs and this one have in common.
        while ContinuousClock.now < deadline, kill(host, 0) == 0 {
            switch report.read() {
            case nil: try await Task.sleep(for: .milliseconds(50))
            case .done(let version)?:
                guard !context.isJSON else {
                    return try context.print(["version": .string(version), "pid": JSON(host)])
                }
                return try context.print("The host with pid \(host) runs release \(version).")
            case .failed(let status, let why)?:
                throw CommandFailure("the host serves on as it was: \(why)", status: ExitStatus(rawValue: status))
            }
        }
        throw CommandFailure(
            kill(host, 0) == 0
                ? "the host with pid \(host) has not restarted yet; its log says more"
                : "the host with pid \(host) has ended; its log says why. Start it again.")
    }
}

/// What `jetbridge restart` learns from the host, in a file of the data directory.
struct RestartReport: Sendable {
    enum Result: Sendable, Equatable {
        case done(version: String)
        case failed(Int32, String)
    }

    private let path: String

    init(_ directory: String) { self.path = "\(directory)/restart.report" }

    func ask() throws { try PrivateFile.write(Array("asked\n".utf8), to: self.path, isFlushed: false) }

    func remove() { try? PrivateFile.remove(self.path) }

    /// Does nothing unless somebody asked.
    func write(_ result: Result) {
        guard PrivateFile.text(of: self.path) == "asked\n" else { return }
        let line =
            switch result {
            case .done(let version): "done 0 \(version)"
            case .failed(let status, let why): "failed \(status) \(why)"
            }
        try? PrivateFile.write(Array(line.utf8), to: self.path, isFlushed: false)
    }

    /// Nil as long as nothing is known.
    func read() -> Result? {
        let words = (PrivateFile.text(of: self.path) ?? "").split(separator: " ", maxSplits: 2).map(String.init)
        guard words.count == 3 else { return nil }
        return words[0] == "done" ? .done(version: words[2]) : .failed(Int32(words[1]) ?? 1, words[2])
    }
}

/// The program that takes this process over.
struct Successor: Sendable {
    let program: String
    let arguments: [String]
    let environment: [String: String]
    let patience: Duration

    /// - Parameter program: By default where this process was started from; another file may be there meanwhile.
    init(
        program: String? = nil, arguments: [String], environment: [String: String], patience: Duration = .seconds(60)
    ) {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        self.program =
            program ?? String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.arguments = arguments
        self.environment = environment.filter { !$0.key.hasPrefix("LISTEN_") }
        self.patience = patience
    }

    /// Nil if the program says that it can serve; else its exit status for people's scripts, and why not.
    func problem() async -> (status: Int32, reason: String)? {
        var environment = self.environment
        // A trial is nothing that the service manager should hear of.
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { environment[name] = nil }
        let plan = ProcessPlan(self.program, self.arguments + ["--check"], environment: environment)
        do {
            let result = try await withDeadline(self.patience) { () async throws(any Error) in
                try await Process.run(plan)
            }
            guard let result else {
                return (1, "the new program did not report within \(self.patience) that it can serve")
            }
            if result.status.isSuccess { return nil }
            let lines = result.errorText.split(whereSeparator: \.isNewline).joined(separator: "; ")
            let status: Int32 = result.status == .exited(78) ? 78 : 1
            return (
                status, "the new program ended with \(result.status)\(lines.isEmpty ? "" : ": \(lines.suffix(2_000))")"
            )
        } catch {
            return (1, "the new program \(self.program) cannot be run: \(error)")
        }
    }

    /// Becomes the program, which finds the socket as if the service manager had passed it. Returns only if that fails.
    func takeOver(_ listener: Int32) -> String {
        let first: Int32 = 3
        var environment = self.environment
        environment["LISTEN_PID"] = "\(getpid())"
        environment["LISTEN_FDS"] = "1"
        environment["LISTEN_FDNAMES"] = "gateway"
        // A copy lacks the flag that closes it.
        if listener == first { _ = fcntl(first, F_SETFD, 0) } else { dup2(listener, first) }
        // Libraries may have left some open.
        for number in (first + 1)..<Int32(clamping: min(sysconf(Int32(_SC_OPEN_MAX)), 65_536)) {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
        let words = ([self.program] + self.arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        execve(self.program, words, variables)
        return "\(self.program) cannot be run: \(String(cString: strerror(errno)))"
    }
}
