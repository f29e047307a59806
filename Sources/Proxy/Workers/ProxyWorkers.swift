package import EventLoop
internal import Glibc
internal import JSON
package import Logging
internal import Primitives
internal import Processes

// Change: how the proxy uses several cores
/// The further processes of `jetbridge proxy`, each with its own event loop and its own connections to the upstream.
///
/// They are processes rather than threads because everything on the event loop is confined to one thread, and one
/// process's crash leaves the others serving. They share the port (SO_REUSEPORT, socket(7)), a ``WorkerBoard``, the
/// store and the sign-in.
@Net
package final class ProxyWorkers {
    /// The first process's part in one of the others.
    package struct Assignment {
        package let port: UInt16
        package let board: WorkerBoard
    }

    /// Tells a process that it is a worker, and the port.
    nonisolated private static let variable = "JETBRIDGE_PROXY_WORKER"
    /// The first descriptor after the standard ones.
    nonisolated private static let boardDescriptor: Int32 = 3
    /// Before a worker that has ended is started again.
    nonisolated private static let pause = Duration.seconds(1)
    /// For a worker that has been told to stop, beyond the time for its running answers.
    nonisolated private static let grace = Duration.seconds(3)

    private let count: Int
    private let plan: ProcessPlan
    private let drain: Duration
    private let logger: Logger
    private var isStopping = false
    private var running: [Int: Process] = [:]

    /// - Parameters:
    ///   - count: How many.
    ///   - port: The port that the first process listens on.
    ///   - drain: How long running answers may continue.
    package nonisolated init(
        count: Int, port: UInt16, board: WorkerBoard, environment: [String: String], drain: Duration, logger: Logger
    ) {
        self.count = count
        var plan = ProcessPlan(
            Self.program, Array(CommandLine.arguments.dropFirst()), environment: environment)
        plan.environment[Self.variable] = "\(port)"
        // A worker ends when this pipe does, so with this process, however it ends.
        plan.standardInput = .pipe
        plan.standardOutput = .null
        plan.standardError = .inherited
        plan.passed = [board.descriptor]
        self.plan = plan
        self.drain = drain
        self.logger = logger
    }

    /// The program of this process, by its path unless the file has been replaced since.
    nonisolated private static var program: String {
        let own = "/proc/self/exe"
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(own, &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var (running, file) = (stat(), stat())
        guard stat(own, &running) == 0, stat(path, &file) == 0, running.st_ino == file.st_ino,
            running.st_dev == file.st_dev
        else { return own }
        return path
    }

    /// Keeps the processes running until ``stop()``.
    package func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...self.count { group.addTask { try await self.run(number) } }
            try await group.waitForAll()
        }
    }

    private func run(_ number: Int) async throws {
        while !self.isStopping {
            do {
                let process = try Process.spawn(self.plan)
                self.running[number] = process
                defer { self.running[number] = nil }
                let status = try await self.end(of: process)
                guard !self.isStopping else { return }
                self.logger.error(
                    "a worker ended and is started again",
                    ["worker": .integer(Int64(number)), "status": .string("\(status)")])
            } catch let error as ProcessError {
                self.logger.error("a worker cannot be started", ["error": .string("\(error)")])
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Waits for the end; cancellation kills it.
    private func end(of process: Process) async throws -> ProcessStatus {
        do {
            return try await process.exit()
        } catch {
            process.signal(SIGKILL)
            throw error
        }
    }

    /// Lets running answers end, and stops.
    package func stop() {
        self.isStopping = true
        let processes = Array(self.running.values)
        for process in processes { process.signal(SIGTERM) }
        EventLoop.shared.schedule(after: self.drain + Self.grace) {
            for process in processes { process.signal(SIGKILL) }
        }
    }

    // MARK: In a worker

    /// What this process was started for; nil in the first process.
    package nonisolated static func assignment(in environment: [String: String]) throws -> Assignment? {
        guard let text = environment[Self.variable], !text.isEmpty else { return nil }
        guard let port = UInt16(text) else { throw HostError("\(Self.variable) is for the proxy's own use: unset it.") }
        do {
            return Assignment(port: port, board: try WorkerBoard(adopting: Self.boardDescriptor))
        } catch {
            throw HostError("\(Self.variable) is for the proxy's own use: unset it.")
        }
    }

    /// Ends this process as soon as the first one has ended.
    package static func endWithFirst() throws {
        _ = try EventLoop.shared.watch(STDIN_FILENO, [.readable, .peerClosed]) { _ in _exit(1) }
    }
}
