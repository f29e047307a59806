internal import EventLoop
internal import HTTP

/// Why no connection was made for a request.
struct NetworkRefusal: Error, Equatable {
    let verdict: NetworkRequest.Verdict
    let status: HTTPStatus
    /// The answer for the jail: one line that says why, and what to do. It contains no address, because what a name
    /// resolves to on the host may be confidential.
    let message: String
    /// The reason for the audit.
    let reason: String

    static func syntax(_ host: String, _ port: Int) -> NetworkRefusal {
        let message = "'\(host.prefix(100))' port \(port) is not a valid host name and port"
        return NetworkRefusal(
            verdict: .refused, status: .forbidden,
            message: message + "; use a name or an IPv4 address of four plain decimals", reason: message)
    }

    static func rule(_ address: NetworkAddress) -> NetworkRefusal {
        NetworkRefusal(
            verdict: .refused, status: .forbidden,
            message: "\(address) is not allowed; to allow it, add \(address) to jail.network.allow",
            reason: "no rule allows it")
    }

    static func denied(_ address: NetworkAddress) -> NetworkRefusal {
        NetworkRefusal(
            verdict: .refused, status: .forbidden,
            message: "\(address) was not approved; to allow it always, add \(address) to jail.network.allow",
            reason: "not approved")
    }

    static func policy(_ name: NetworkName, _ address: IPAddress, _ why: String) -> NetworkRefusal {
        NetworkRefusal(
            verdict: .refused, status: .forbidden,
            message: "\(name) leads to an address that is not public; a jail can't be connected to it",
            reason: "\(address): \(why)")
    }

    /// A client that came to one name began TLS for another.
    static func name(_ name: NetworkName?, at address: NetworkAddress) -> NetworkRefusal {
        let asked = name.map { "'\($0)'" } ?? "no name"
        let message = "the connection to \(address) asks for \(asked)"
        return NetworkRefusal(verdict: .refused, status: .forbidden, message: message, reason: message)
    }

    static func noTLS(_ address: NetworkAddress) -> NetworkRefusal {
        let message = "the connection to \(address) does not begin with TLS"
        return NetworkRefusal(verdict: .refused, status: .forbidden, message: message, reason: message)
    }

    /// For a client that has begun TLS: the fatal alert access_denied (RFC 8446 §6.2).
    static let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 49]

    static func failure(_ message: String, status: HTTPStatus = .badGateway) -> NetworkRefusal {
        NetworkRefusal(verdict: .failed, status: status, message: message, reason: message)
    }

    /// The whole answer. The message is also the reason phrase, because many clients show nothing else of an answer to
    /// CONNECT.
    static func answer(_ status: HTTPStatus, _ message: String, to method: String) -> [UInt8] {
        // One line, whatever the message contains.
        let message = String(decoding: message.utf8.filter { (0x20...0x7E).contains($0) }, as: UTF8.self)
        let body = "jetbridge: \(message)\n"
        let head = """
            HTTP/1.1 \(status.code) \(message)\r
            Content-Type: text/plain\r
            Content-Length: \(body.utf8.count)\r
            Connection: close\r
            \r

            """
        return Array((method == "HEAD" ? head : head + body).utf8)
    }
}
