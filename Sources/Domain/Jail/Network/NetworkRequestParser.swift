internal import HTTP
internal import HTTPServer

/// Reads requests to a proxy: `CONNECT HOST:PORT`, and any other method with an absolute `http` URL.
///
/// Accepts only heads that are unambiguous by RFC 9112 (``RequestParser``).
struct NetworkRequestParser: Sendable {
    struct Request: Sendable {
        enum Kind: Sendable, Equatable {
            case tunnel
            /// The target to send to the server: path and query.
            case forward(target: String)
        }

        let kind: Kind
        /// As requested: ``NetworkAddress`` checks the syntax.
        let host: String
        let port: Int
        let head: RequestHead
    }

    /// A request that isn't one for a proxy.
    struct Problem: Error, Equatable {
        let status: HTTPStatus
        /// One line: what is wrong, and what to do where that helps.
        let message: String
        let method: String
    }

    enum Progress: Sendable {
        /// All bytes were consumed.
        case needsMore
        case request(Request, consumed: Int)
    }

    private var parser: RequestParser

    init(headLimit: Int = 32 * 1024) {
        var limits = HeadLimits()
        limits.bytes = headLimit
        limits.target = min(limits.target, headLimit)
        self.parser = RequestParser(limits: limits)
    }

    mutating func parse(_ bytes: [UInt8]) throws(Problem) -> Progress {
        let head: RequestHead?
        let consumed: Int
        do {
            (consumed, head) = try self.parser.parse(bytes.span)
        } catch {
            throw Problem(status: error.status, message: error.message, method: "")
        }
        guard let head else { return .needsMore }
        return .request(try Self.request(head), consumed: consumed)
    }

    private static func request(_ head: RequestHead) throws(Problem) -> Request {
        let method = head.method.rawValue
        func problem(_ message: String, _ status: HTTPStatus = .badRequest) -> Problem {
            Problem(status: status, message: message, method: method)
        }
        if head.method == .connect {
            // It would be ambiguous whether the tunnel starts with it (RFC 9110 §9.3.6).
            guard head.framing == .none else { throw problem("a CONNECT request has no body") }
            let (host, port) = self.parts(of: head.target[...])
            guard let port else { throw problem("CONNECT needs HOST:PORT") }
            return Request(kind: .tunnel, host: host, port: port, head: head)
        }
        let scheme = "http://"
        guard head.target.utf8.count > scheme.utf8.count, head.target.prefix(7).equalsIgnoringCase(scheme) else {
            throw head.target.hasPrefix("/") || head.target == "*"
                ? problem("this is a proxy: send an absolute URL, or CONNECT HOST:PORT")
                : problem("only http URLs can be forwarded; use CONNECT HOST:PORT for https", .notImplemented)
        }
        let rest = head.target.dropFirst(7)
        let end = rest.utf8.firstIndex { $0 == 0x2F || $0 == 0x3F } ?? rest.endIndex
        let (host, port) = self.parts(of: rest[..<end])
        var target = String(rest[end...])
        // RFC 9112 §3.2.4: OPTIONS for a server as a whole has no path in its absolute form.
        if target.isEmpty { target = head.method == .options ? "*" : "/" }
        if target.hasPrefix("?") { target = "/" + target }
        return Request(kind: .forward(target: target), host: host, port: port ?? 80, head: head)
    }

    /// Host and port of `host[:port]`, whose syntax ``RequestParser`` has checked; a port that isn't one is 0.
    private static func parts(of authority: Substring) -> (host: String, port: Int?) {
        let name = authority.utf8.first == 0x5B ? authority.utf8.lastIndex(of: 0x5D) : authority.startIndex
        guard let name, let colon = authority.utf8[name...].lastIndex(of: 0x3A) else { return (String(authority), nil) }
        let digits = authority[authority.utf8.index(after: colon)...]
        return (String(authority[..<colon]), digits.isEmpty ? nil : Int(digits) ?? 0)
    }
}
