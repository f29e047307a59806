internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// A program that takes this process's place at the terminal: it has its descriptors, its process group and its signals, and
/// this process ends as it does.
///
/// The terminal sends its signals to the whole group, so the program has those already; any other is passed on. When the
/// program stops, so does this process, for the shell that watches it.
@Net
package final class ForegroundProgram {
    nonisolated private static let signals = [
        SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU, SIGCHLD,
    ]

    private let id: Int32
    private let signals: FileDescriptor
    private var registration: Registration?
    private var ended: CheckedContinuation<ProcessStatus, Never>?

    /// Must be the first statement of `main`, before any thread starts: threads inherit that these signals are blocked.
    nonisolated package static func prepare() {
        var set = Self.set
        unsafe pthread_sigmask(SIG_SETMASK, &set, nil)
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Runs a program to its end, for a process that began with ``prepare()``. Of the plan, only the program, its arguments
    /// and its variables count.
    package static func run(_ plan: ProcessPlan) async throws -> ProcessStatus {
        // Before the program: its end is a signal.
        var set = Self.set
        let number = unsafe signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard number >= 0 else { throw SystemError.last("signalfd") }
        let descriptor = FileDescriptor(owning: number)
        // What came until now was meant for what was to be run.
        while let early = Self.next(of: descriptor) {
            switch Int32(early.ssi_signo) {
            case SIGTSTP, SIGTTIN, SIGTTOU: _ = kill(getpid(), SIGSTOP)
            case SIGCHLD: break
            case let signal: return .killed(signal)
            }
        }
        let program = ForegroundProgram(id: try Spawn(plan, descriptors: nil)(), signals: descriptor)
        program.registration = try EventLoop.shared.watch(program.signals.rawValue, .readable) { _ in
            program.readSignals()
        }
        return await withCheckedContinuation { program.ended = $0 }
    }

    private init(id: Int32, signals: consuming FileDescriptor) {
        self.id = id
        self.signals = signals
    }

    nonisolated private static var set: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in Self.signals { unsafe sigaddset(&set, signal) }
        return set
    }

    private func readSignals() {
        while self.registration != nil, let info = Self.next(of: self.signals) {
            if info.ssi_signo == SIGCHLD {
                self.look()
            } else if info.ssi_code <= 0 {
                // Of a process: signal(7) calls those of the kernel, such as a terminal's, positive.
                _ = kill(self.id, Int32(info.ssi_signo))
            }
        }
    }

    private static func next(of signals: borrowing FileDescriptor) -> signalfd_siginfo? {
        var info = signalfd_siginfo()
        let transfer = unsafe withUnsafeMutableBytes(of: &info) { unsafe Socket.read(signals.rawValue, into: $0) }
        return transfer == .moved(MemoryLayout<signalfd_siginfo>.size) ? info : nil
    }

    /// What has become of the program. Several ends of children may be one signal.
    private func look() {
        var status: Int32 = 0
        while unsafe waitpid(self.id, &status, WNOHANG | WUNTRACED) == self.id {
            if status & 0xFF == 0x7F {
                // Stopped; see waitpid(2). Goes on when somebody continues this process, who may mean only that.
                _ = kill(getpid(), SIGSTOP)
                _ = kill(self.id, SIGCONT)
                continue
            }
            let signal = status & 0x7F
            self.registration?.cancel()
            self.registration = nil
            self.ended?.resume(returning: signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal))
            self.ended = nil
            return
        }
    }

    /// Ends this process as the program did.
    nonisolated package static func end(as status: ProcessStatus) -> Never {
        switch status {
        case .exited(let code): _exit(code)
        case .killed(let number):
            // The program's own is enough.
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
            _ = signal(number, SIG_DFL)
            var set = sigset_t()
            unsafe sigemptyset(&set)
            unsafe sigaddset(&set, number)
            unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
            _ = kill(getpid(), number)
            _exit(128 + number)
        }
    }
}
