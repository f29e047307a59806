internal import HTTP

/// An answer that is kept, with what says for whom and how long. Pure; times are milliseconds since 1970.
struct CacheEntry: Sendable {
    var status: HTTPStatus
    var headers: HTTPHeaders
    var body: [UInt8]
    /// The request's fields that chose this answer, as `Vary` names them.
    var selecting: [(name: String, values: [String])]
    var receivedAt: Int64
    /// Seconds that it was old when it came.
    var initialAge: Int
    /// Seconds for which it may be given without asking.
    var lifetime: Int

    var etag: String? { self.headers["etag"] }
    var lastModified: String? { self.headers["last-modified"] }

    /// Seconds (RFC 9111 §4.2.3).
    func age(at now: Int64) -> Int { self.initialAge + Int(max(0, now - self.receivedAt) / 1_000) }

    func isSelected(by request: HTTPHeaders) -> Bool {
        self.selecting.allSatisfy { request.values(of: $0.name) == $0.values }
    }

    /// Roughly, in bytes.
    var cost: Int { self.body.count + self.headers.rawBytes.count + 512 }
}
