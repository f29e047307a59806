internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// A child process in its own process group, watched on the event loop.
///
/// When it ends, the rest of its group is killed. The object stays alive until then even without other references,
/// so that no zombie remains.
@Net
package final class Process {
    /// Process and group id.
    package let id: Int32
    package let input: ProcessInput
    /// Empty and ended unless the plan requests a pipe.
    package let output: BytePipe
    package let errorOutput: BytePipe
    /// The pipes from the program's descriptors 3, 4, …
    package let extraOutputs: [BytePipe]
    /// `nil` while the process is running.
    package private(set) var status: ProcessStatus?

    private let readers: [OutputReader]
    private let pidfd: Int32
    private var registration: Registration?
    private var ladder: Timer?
    private let ended = WaitList()
    private var awaiting: [CheckedContinuation<ProcessStatus, Never>] = []

    /// Starts the program; takes a few tenths of a millisecond.
    package static func spawn(_ plan: ProcessPlan) throws(ProcessError) -> Process {
        var channels = Channels()
        do {
            try channels.open(plan)
        } catch {
            throw ProcessError(.spawnFailed, "\(plan.executable): \(error.message)")
        }
        let id = try Spawn(plan, descriptors: channels.childEnds)()
        let pidfd = csystem_pidfd_open(id)
        guard pidfd >= 0 else {
            let error = SystemError.last("\(plan.executable): pidfd_open")
            // Without a pidfd the end can't be watched. This wait is short, because nothing survives KILL.
            _ = kill(-id, SIGKILL)
            var status: Int32 = 0
            _ = unsafe waitpid(id, &status, 0)
            throw ProcessError(.spawnFailed, error.message)
        }
        let process = Process(id: id, pidfd: pidfd, channels: &channels)
        do {
            try process.start()
        } catch {
            process.signal(SIGKILL)
            throw ProcessError(.spawnFailed, "\(plan.executable): \(error.message)")
        }
        return process
    }

    private init(id: Int32, pidfd: Int32, channels: inout Channels) {
        self.id = id
        self.pidfd = pidfd
        self.input = ProcessInput(channels.takeInput())
        let readers = channels.takeOutputs().map { OutputReader(FileDescriptor(owning: $0)) }
        func pipe(_ index: Int?) -> BytePipe {
            if let index { return readers[index].pipe }
            let pipe = BytePipe()
            pipe.finish()
            return pipe
        }
        self.output = pipe(channels.outputIndex)
        self.errorOutput = pipe(channels.errorIndex)
        self.extraOutputs = channels.extraIndexes.map { readers[$0].pipe }
        self.readers = readers
    }

    private func start() throws(SystemError) {
        // Deliberately retains the process until it has ended.
        self.registration = try EventLoop.shared.watch(self.pidfd, .readable) { _ in self.reap() }
        for reader in self.readers { reader.resume() }
    }

    // MARK: The end

    /// Waits for the end. Throws `CancellationError` if the task is cancelled; the process keeps running.
    package func exit() async throws -> ProcessStatus {
        while true {
            if let status = self.status { return status }
            try await self.ended.wait()
        }
    }

    /// Sends a signal to the whole group; does nothing after the end.
    package func signal(_ signal: Int32) {
        // Until the process is reaped, its number can't be reused for another group.
        guard self.status == nil else { return }
        _ = kill(-self.id, signal)
    }

    /// Ends the process in steps: closes its input, sends TERM after `patience`, then KILL after `grace`. Returns when
    /// it has ended, even if the task is cancelled.
    @discardableResult
    package func stop(patience: Duration = .milliseconds(200), grace: Duration = .seconds(2)) async -> ProcessStatus {
        self.beginStop(patience: patience, grace: grace)
        if let status = self.status { return status }
        return await withCheckedContinuation { self.awaiting.append($0) }
    }

    /// ``stop(patience:grace:)`` without waiting for the end.
    package func beginStop(patience: Duration = .milliseconds(200), grace: Duration = .seconds(2)) {
        guard self.status == nil else { return }
        self.input.close()
        self.ladder?.cancel()
        self.ladder = EventLoop.shared.schedule(after: patience) { [weak self] in
            self?.signal(SIGTERM)
            self?.ladder = EventLoop.shared.schedule(after: grace) { [weak self] in self?.signal(SIGKILL) }
        }
    }

    private func reap() {
        // Kill the rest of the group first: once the leader is reaped, its number may be reused.
        _ = kill(-self.id, SIGKILL)
        var code: Int32 = 0
        var status: Int32 = 0
        let reaped = unsafe csystem_pidfd_reap(self.pidfd, &code, &status)
        guard reaped != 0 else { return }
        self.registration?.cancel()
        self.registration = nil
        _ = Glibc.close(self.pidfd)
        self.ladder?.cancel()
        self.ladder = nil
        self.input.close()
        // Already reaped elsewhere (SIGCHLD ignored): it has certainly ended, but its status is lost.
        let end: ProcessStatus = reaped < 0 ? .exited(-1) : code == Self.exitedCode ? .exited(status) : .killed(status)
        self.status = end
        self.endOutputs()
        self.ended.wakeAll()
        let awaiting = self.awaiting
        self.awaiting = []
        for continuation in awaiting { continuation.resume(returning: end) }
    }

    /// A descendant that left the group may hold the pipes open forever, so reading ends one second later.
    private func endOutputs() {
        guard self.readers.contains(where: \.isOpen) else { return }
        EventLoop.shared.schedule(after: .seconds(1)) {
            for reader in self.readers where reader.isOpen && !reader.isHeld { reader.end() }
            self.endOutputs()
        }
    }

    /// CLD_EXITED from <signal.h>, which is in an unnamed enumeration.
    private static let exitedCode: Int32 = 1
}

/// How a process ended.
package enum ProcessStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(Int32)
    /// The signal's number.
    case killed(Int32)

    package var isSuccess: Bool { self == .exited(0) }

    package var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .killed(let signal): "killed by signal \(signal)"
        }
    }
}
