import Glibc
import Primitives

/// Greets each connection on a listening socket, on a thread.
final class Connected: Sendable {
    private let listener = Protected<Int32>(-1)

    var isClosed: Bool { self.listener.withLock { $0 < 0 } }

    func serve(_ listener: Int32) {
        self.listener.withLock { $0 = listener }
        _ = fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) & ~O_NONBLOCK)
        let thread = ThreadExecutor(name: "greeter")
        Greeter(thread).start(listener)
    }

    func close() {
        self.listener.withLock {
            // Ends the accept that waits.
            _ = shutdown($0, Int32(SHUT_RDWR))
            _ = Glibc.close($0)
            $0 = -1
        }
    }

    private actor Greeter {
        private let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

        init(_ executor: ThreadExecutor) { self.executor = executor }

        nonisolated func start(_ listener: Int32) { Task { await self.accept(listener) } }

        private func accept(_ listener: Int32) {
            while true {
                let socket = Glibc.accept(listener, nil, nil)
                guard socket >= 0 else { break }
                _ = send(socket, "hello\n", 6, Int32(MSG_NOSIGNAL))
                _ = Glibc.close(socket)
            }
            self.executor.stop()
        }
    }
}
