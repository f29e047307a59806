internal import CSystem
package import EventLoop
internal import Glibc
internal import Primitives

/// The process's signals, read on the event loop.
package enum Signals {
    package static let terminate = SIGTERM
    package static let interrupt = SIGINT
    package static let hangUp = SIGHUP
    /// Asks a host to go over to the installed program.
    package static let replace = SIGUSR2

    /// Must be the first statement of `main`, before any thread starts: blocks TERM, INT, HUP and USR2, so that only
    /// ``watch(_:handler:)`` reads them, and ignores PIPE.
    ///
    /// Threads inherit the mask; the threads of Swift's pool block these signals anyway. No other signal stays blocked: the
    /// program that this one replaced blocked all of them.
    package static func prepare() {
        self.block([self.terminate, self.interrupt, self.hangUp, self.replace], SIG_SETMASK)
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// Calls `handler` for each of `signals` that arrives, until the watch is cancelled. Blocks them on the loop's
    /// thread.
    @Net package static func watch(
        _ signals: [Int32], handler: @escaping @Net (Int32) -> Void
    ) throws(SystemError) -> SignalWatch {
        var set = self.block(signals)
        let descriptor = unsafe signalfd(-1, &set, Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC))
        guard descriptor >= 0 else { throw .last("signalfd") }
        return try SignalWatch(FileDescriptor(owning: descriptor), handler: handler)
    }

    @discardableResult
    private static func block(_ signals: [Int32], _ how: Int32 = SIG_BLOCK) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in signals { unsafe sigaddset(&set, signal) }
        unsafe pthread_sigmask(how, &set, nil)
        return set
    }
}

/// Watches some of the process's signals; see ``Signals/watch(_:handler:)``.
@Net
package final class SignalWatch {
    private let descriptor: FileDescriptor
    private var registration: Registration?
    private let handler: @Net (Int32) -> Void

    init(_ descriptor: consuming FileDescriptor, handler: @escaping @Net (Int32) -> Void) throws(SystemError) {
        self.descriptor = descriptor
        self.handler = handler
        self.registration = try EventLoop.shared.watch(self.descriptor.rawValue, .readable) { [weak self] _ in
            self?.readAll()
        }
    }

    package func cancel() {
        self.registration?.cancel()
        self.registration = nil
    }

    private func readAll() {
        while self.registration != nil, let signal = self.readOne() { self.handler(signal) }
    }

    private func readOne() -> Int32? {
        var info = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        let transfer = unsafe withUnsafeMutableBytes(of: &info) {
            unsafe Socket.read(self.descriptor.rawValue, into: $0)
        }
        return transfer == .moved(size) ? Int32(info.ssi_signo) : nil
    }
}
