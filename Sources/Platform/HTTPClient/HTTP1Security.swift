internal import EventLoop
internal import TLS

/// What a client's connections of HTTP/1.1 with TLS share: the trusted authorities, sessions that can be resumed, and
/// libcurl, which finds servers by their names.
@Net
final class HTTP1Security {
    private let context: TLSContext
    private let multi: Multi
    /// By server.
    private var tickets: [String: TLSTicket] = [:]

    init(_ settings: HTTPClientSettings) throws(HTTPClientError) {
        do throws(TLSError) {
            self.context = try TLSContext(
                trusting: settings.caFile.map { .only(file: $0) } ?? .system, protocolName: "http/1.1")
        } catch {
            throw HTTPClientError(error, host: "TLS")
        }
        guard let multi = Multi(maxConnections: nil, maxIdleConnections: 1) else {
            throw HTTPClientError(.local, "no memory for connections")
        }
        self.multi = multi
    }

    func session(with server: HTTP1Server) throws(TLSError) -> TLSSession {
        try TLSSession(
            self.context, host: server.host, isAddress: server.isAddress, resuming: self.tickets[server.name])
    }

    /// Remembers how to resume a session.
    func keepTicket(of session: TLSSession, with server: HTTP1Server) {
        guard let ticket = session.ticket else { return }
        if self.tickets.count >= HTTP1Server.mostKnown { self.tickets.removeAll() }
        self.tickets[server.name] = ticket
    }

    /// Connects to a server by its name.
    func dial(
        _ server: HTTP1Server, timeout: Duration, onEnd: @escaping @Net (HTTPClientError?) -> Void
    ) throws(HTTPClientError) -> Dial {
        try Dial("\(server.host):\(server.port)", timeout: timeout, by: self.multi, onEnd: onEnd)
    }

    func close() { self.multi.close() }
}
