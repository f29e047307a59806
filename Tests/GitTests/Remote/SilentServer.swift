import EventLoop
import Primitives

/// Accepts a connection and sends nothing.
@Net
final class SilentServer {
    nonisolated let port: UInt16
    private var listener: FileDescriptor?
    private var connection: FileDescriptor?
    private var registration: Registration?
    private let changed = WaitList()

    init() async throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { throw CancellationError() }
        let listener = try Socket.listen(on: address)
        let number = listener.rawValue
        self.port = Socket.localAddress(number)?.port ?? 0
        self.listener = consume listener
        self.registration = try EventLoop.shared.watch(number, .readable) { [weak self] _ in
            guard let self, let descriptor = try? Socket.accept(on: number) else { return }
            self.connection = consume descriptor
            self.registration?.cancel()
            self.changed.wakeAll()
        }
    }

    func accepted() async throws {
        while self.registration?.isActive == true { try await self.changed.wait() }
    }
}
