import EventLoop
import Primitives

/// Greets, like a NATS server or not, and then says nothing more.
@Net final class SilentServer {
    private final class Client {
        let socket: FileDescriptor

        init(_ socket: consuming FileDescriptor) { self.socket = socket }
    }

    nonisolated let port: Int
    private let greeting: String
    private let listener: FileDescriptor
    private var clients: [Client] = []
    private var registration: Registration?
    private let changed = WaitList()

    /// Greets like a NATS server.
    convenience init(hasTLS: Bool) async throws {
        try await self.init(
            #"INFO {"server_id":"X","version":"2.9.10","max_payload":1048576,"tls_required":\#(hasTLS)}"# + "\r\n")
    }

    init(_ greeting: String) async throws {
        guard let any = SocketAddress(host: "127.0.0.1", port: 0) else { throw SystemError("address", code: 22) }
        self.greeting = greeting
        self.listener = try Socket.listen(on: any)
        self.port = Int(Socket.localAddress(self.listener.rawValue)?.port ?? 0)
        self.registration = try EventLoop.shared.watch(self.listener.rawValue, .readable) { _ in self.accept() }
    }

    private func accept() {
        while let socket = try? Socket.accept(on: self.listener.rawValue) {
            _ = Socket.write(socket.rawValue, Array(self.greeting.utf8))
            self.clients.append(Client(socket))
            self.changed.wakeAll()
        }
    }

    func wait(forConnections count: Int) async throws {
        while self.clients.count < count { try await self.changed.wait() }
    }

    func stop() {
        self.registration?.cancel()
        self.registration = nil
        self.clients = []
    }
}
