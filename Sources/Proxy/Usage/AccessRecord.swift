internal import Crypto
internal import EventLoop
internal import HTTP
internal import JSON
internal import Primitives

/// A line of the access log. Never contains bodies, queries or tokens.
struct AccessRecord: Sendable {
    /// How an exchange ended.
    enum Outcome: String, Sendable {
        case complete
        /// The client left before the end.
        case clientGone = "client_gone"
        /// The upstream aborted its answer.
        case upstreamBroke = "upstream_broke"
        /// The proxy refused the request itself.
        case refused
    }

    let trace: String
    /// Whether the proxy generated it.
    let isOwnTrace: Bool
    let method: HTTPMethod
    /// Without the query.
    let path: String
    /// When the exchange ended, in milliseconds since 1970.
    var time: Int64 = 0
    var key: ClientKey?
    var status = 0
    var requestBytes = 0
    var responseBytes = 0
    /// Milliseconds from the request's head to the answer's.
    var firstByte: Double?
    /// Milliseconds from the request's head to the end of the answer.
    var total = 0.0
    var cache: String?
    var outcome = Outcome.complete
    /// The reason of a failure.
    var error: String?

    init(trace: (name: String, isOwn: Bool), method: HTTPMethod, path: String) {
        (self.trace, self.isOwnTrace) = trace
        self.method = method
        self.path = path
    }

    var fields: JSONObject {
        var fields: JSONObject = [
            "trace": .string(self.trace), "method": .string(self.method.rawValue), "path": .string(self.path),
            "status": .integer(Int64(self.status)), "outcome": .string(self.outcome.rawValue),
            "request_bytes": .integer(Int64(self.requestBytes)), "response_bytes": .integer(Int64(self.responseBytes)),
            "milliseconds": .number(Self.rounded(self.total)),
        ]
        if let key = self.key { fields["key"] = .string(key.id) }
        if let firstByte = self.firstByte { fields["first_byte_milliseconds"] = .number(Self.rounded(firstByte)) }
        if let cache = self.cache { fields["cache"] = .string(cache) }
        if let error = self.error { fields["error"] = .string(error) }
        return fields
    }

    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 100).rounded() / 100 }
}

/// Names requests: by the client's `X-Request-Id`, else by a prefix of this process and a number.
@Net
final class AccessTrace {
    /// Ends in a hyphen.
    private let prefix: [UInt8]
    private var number = 0

    nonisolated init() {
        self.prefix = Array("\(Crypto.hex(Crypto.randomBytes(8)))-".utf8)
    }

    func name(of headers: HTTPHeaders) -> (name: String, isOwn: Bool) {
        if let given = headers[.xRequestID], (1...128).contains(given.utf8.count),
            given.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        {
            return (given, false)
        }
        self.number += 1
        var name = self.prefix
        name.append(self.number, digits: 1)
        return (String(decoding: name, as: UTF8.self), true)
    }
}
