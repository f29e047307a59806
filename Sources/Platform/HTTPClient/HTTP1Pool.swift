internal import EventLoop
internal import HTTP

/// A client's connections of HTTP/1.1 without libcurl: either those with TLS or those without.
@Net
final class HTTP1Pool {
    let settings: HTTPClientSettings
    /// Nil for connections without TLS.
    let security: HTTP1Security?

    private var known: [String: HTTP1Server] = [:]
    private var idle: [String: [HTTP1Connection]] = [:]
    private var idleCount = 0
    private var openCount = 0
    private var waiting: [HTTP1Transfer] = []
    /// Servers to which a connection is being opened ahead of a request.
    private var ahead: Set<String> = []
    private var isClosing = false

    init(_ settings: HTTPClientSettings, by security: HTTP1Security? = nil) {
        self.settings = settings
        self.security = security
    }

    /// Whether the URL's server can be reached without name resolution.
    nonisolated static func hasAddress(_ url: HTTPURL) -> Bool {
        url.isLoopback || SocketAddress(host: url.host, port: 80) != nil
    }

    /// Sends a request on an idle or a new connection; queues it if there are too many.
    func serve(_ transfer: HTTP1Transfer) {
        while let connection = self.idle[transfer.plan.host]?.popLast() {
            self.idleCount -= 1
            // The server may just have closed it.
            if connection.isUsable() { return connection.begin(transfer) }
            connection.close()
        }
        self.open(for: transfer)
    }

    /// Sends a request on a new connection.
    func open(for transfer: HTTP1Transfer) {
        if let limit = self.settings.maxConnections, self.openCount >= limit {
            guard let other = self.idle.values.first(where: { !$0.isEmpty })?.first else {
                return self.waiting.append(transfer)
            }
            // Its slot goes to the first waiting request.
            self.waiting.insert(transfer, at: 0)
            return other.close()
        }
        self.openCount += 1
        HTTP1Connection(to: transfer.plan.host, for: transfer, in: self).connect()
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
            HTTP1Connection(to: server, in: self).connect()
        }
    }

    private func hasIdle(to server: String) -> Bool { self.idle[server]?.isEmpty == false }

    /// A server, named by host and port; nil if that is not valid.
    func server(_ name: String) -> HTTP1Server? {
        if let known = self.known[name] { return known }
        if self.known.count >= HTTP1Server.mostKnown { self.known.removeAll(keepingCapacity: true) }
        let server = HTTP1Server(name, isSecure: self.security != nil)
        self.known[name] = server
        return server
    }

    /// Removes a waiting request.
    func forget(_ transfer: HTTP1Transfer) {
        guard !self.waiting.isEmpty else { return }
        self.waiting.removeAll { $0 === transfer }
    }

    /// Keeps a connection for later requests, or closes it.
    func keep(_ connection: HTTP1Connection) {
        if connection.isAhead { self.ahead.remove(connection.host) }
        guard !self.isClosing, self.idleCount < self.settings.maxIdleConnections else { return connection.close() }
        self.idle[connection.host, default: []].append(connection)
        self.idleCount += 1
        self.serveNext()
    }

    /// A connection was closed.
    func closed(_ connection: HTTP1Connection) {
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
        self.security?.close()
    }
}
