internal import EventLoop
internal import HTTP

/// A client's connections without TLS to this machine, or to numeric addresses.
@Net
final class PlainPool {
    let settings: HTTPClientSettings
    private static let mostKnown = 64

    /// The known addresses by server.
    private var known: [String: [SocketAddress]] = [:]
    private var idle: [String: [PlainConnection]] = [:]
    private var idleCount = 0
    private var openCount = 0
    private var waiting: [PlainTransfer] = []
    /// Servers to which a connection is being opened ahead of a request.
    private var ahead: Set<String> = []
    private var isClosing = false

    init(_ settings: HTTPClientSettings) {
        self.settings = settings
    }

    /// Whether the URL's server can be reached without name resolution and TLS.
    nonisolated static func canReach(_ url: HTTPURL) -> Bool {
        url.scheme == "http" && (url.isLoopback || SocketAddress(host: url.host, port: 80) != nil)
    }

    /// Sends a request on an idle or a new connection; queues it if there are too many.
    func serve(_ transfer: PlainTransfer) {
        while let connection = self.idle[transfer.plan.host]?.popLast() {
            self.idleCount -= 1
            // The server may just have closed it.
            if connection.isUsable { return connection.begin(transfer) }
            connection.close()
        }
        self.open(for: transfer)
    }

    /// Sends a request on a new connection.
    func open(for transfer: PlainTransfer) {
        if let limit = self.settings.maxConnections, self.openCount >= limit {
            guard let other = self.idle.values.first(where: { !$0.isEmpty })?.first else {
                return self.waiting.append(transfer)
            }
            // Its slot goes to the first waiting request.
            self.waiting.insert(transfer, at: 0)
            return other.close()
        }
        self.openCount += 1
        PlainConnection(to: transfer.plan.host, for: transfer, in: self).connect()
    }

    /// After this turn of the loop, opens a connection for the next request to a server if all are in use by then. Only
    /// for servers that keep connections: others may serve one at a time and would wait for a request on this one.
    func openAhead(to server: String) {
        guard self.settings.opensAhead, !self.hasIdle(to: server), self.ahead.insert(server).inserted else { return }
        EventLoop.shared.schedule(after: .zero) {
            let isFull = self.settings.maxConnections.map { self.openCount >= $0 } ?? false
            guard !self.isClosing, !isFull, !self.hasIdle(to: server) else {
                self.ahead.remove(server)
                return
            }
            self.openCount += 1
            PlainConnection(to: server, in: self).connect()
        }
    }

    private func hasIdle(to server: String) -> Bool { self.idle[server]?.isEmpty == false }

    /// The addresses of a server, named by host and port; empty if it has no numeric address.
    func addresses(of server: String) -> [SocketAddress] {
        if let known = self.known[server] { return known }
        if self.known.count >= Self.mostKnown { self.known.removeAll(keepingCapacity: true) }
        let addresses = Self.parse(server)
        self.known[server] = addresses
        return addresses
    }

    private static func parse(_ server: String) -> [SocketAddress] {
        guard let url = try? HTTPURL("http://\(server)/"), let port = UInt16(exactly: url.effectivePort) else {
            return []
        }
        // Never resolved by DNS (RFC 6761 §6.3).
        let names = url.host == "localhost" ? ["::1", "127.0.0.1"] : [url.host]
        return names.compactMap { SocketAddress(host: $0, port: port) }
    }

    /// Removes a waiting request.
    func forget(_ transfer: PlainTransfer) {
        guard !self.waiting.isEmpty else { return }
        self.waiting.removeAll { $0 === transfer }
    }

    /// Keeps a connection for later requests, or closes it.
    func keep(_ connection: PlainConnection) {
        if connection.isAhead { self.ahead.remove(connection.host) }
        guard !self.isClosing, self.idleCount < self.settings.maxIdleConnections else { return connection.close() }
        self.idle[connection.host, default: []].append(connection)
        self.idleCount += 1
        self.serveNext()
    }

    /// A connection was closed.
    func closed(_ connection: PlainConnection) {
        self.openCount -= 1
        if connection.isAhead { self.ahead.remove(connection.host) }
        if let index = self.idle[connection.host]?.firstIndex(where: { $0 === connection }) {
            self.idle[connection.host]?.remove(at: index)
            self.idleCount -= 1
            if self.idle[connection.host]?.isEmpty == true { self.idle[connection.host] = nil }
        }
        self.serveNext()
    }

    private func serveNext() {
        guard !self.waiting.isEmpty else { return }
        self.serve(self.waiting.removeFirst())
    }

    /// Closes the idle connections now, and the others after their requests.
    func close() {
        self.isClosing = true
        for connection in self.idle.values.joined() { connection.close() }
    }
}
