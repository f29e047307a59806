internal import HTTP

/// A cached answer, with the requests it applies to and its lifetime. Pure; times are milliseconds since 1970.
struct CacheEntry: Sendable {
    var status: HTTPStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    /// The request fields that selected this answer, as `Vary` names them.
    var selecting: [(name: String, values: [String])]
    var receivedAt: Int64
    /// The answer's age when it arrived, in seconds.
    var initialAge: Int
    /// How long it may be served without revalidation, in seconds.
    var lifetime: Int

    var etag: String? { self.headers[.etag] }
    var lastModified: String? { self.headers[.lastModified] }

    /// In seconds (RFC 9111 §4.2.3).
    func age(at now: Int64) -> Int { self.initialAge + Int(max(0, now - self.receivedAt) / 1_000) }

    func isSelected(by request: HTTPHeaders) -> Bool {
        self.selecting.allSatisfy { request.values(of: $0.name) == $0.values }
    }

    /// Its approximate size in memory, in bytes.
    var cost: Int { self.body.count + self.headers.rawBytes.count + 512 }
}
