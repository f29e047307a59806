import EventLoop
import Primitives

/// Greets like a NATS server with TLS, and then says nothing more.
@Net final class HangingTLSServer {
    nonisolated let port: Int
    private let listener: FileDescriptor
    private var client: FileDescriptor?
    private var registrations: [Registration] = []
    private var hasBegun = false
    private let changed = WaitList()

    init() async throws {
        guard let any = SocketAddress(host: "127.0.0.1", port: 0) else { throw SystemError("address", code: 22) }
        self.listener = try Socket.listen(on: any)
        self.port = Int(Socket.localAddress(self.listener.rawValue)?.port ?? 0)
        self.registrations = [try EventLoop.shared.watch(self.listener.rawValue, .readable) { _ in self.accept() }]
    }

    private func accept() {
        guard self.client == nil, let client = try? Socket.accept(on: self.listener.rawValue) else { return }
        let number = client.rawValue
        self.client = consume client
        let greeting = #"INFO {"server_id":"X","version":"2.9.10","max_payload":1048576,"tls_required":true}"# + "\r\n"
        _ = Socket.write(number, Array(greeting.utf8))
        let registration = try? EventLoop.shared.watch(number, [.readable, .edgeTriggered]) { _ in
            self.hasBegun = true
            self.changed.wakeAll()
        }
        if let registration { self.registrations.append(registration) }
    }

    /// Returns when the client's first bytes have arrived.
    func handshakeBegun() async throws {
        while !self.hasBegun { try await self.changed.wait() }
    }

    func stop() {
        for registration in self.registrations { registration.cancel() }
        self.registrations = []
        self.client = nil
    }
}
