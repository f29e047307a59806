package import HTTP
package import JSON

/// GitHub's answer to a call that succeeded.
package struct GitHubAnswer: Sendable {
    package enum Origin: Sendable, Hashable {
        case server
        /// GitHub said that the answer in the cache still holds.
        case confirmed
        /// The cache, young enough not to ask.
        case cache
        /// The cache, because GitHub could not be asked.
        case stale
    }

    package let status: Int
    package let headers: HTTPHeaders
    package let body: [UInt8]
    /// Whether the body goes on beyond the limit.
    package let isCut: Bool
    package var origin = Origin.server

    package init(status: Int, headers: HTTPHeaders, body: [UInt8], isCut: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.isCut = isCut
    }

    /// Nil where the body is not JSON.
    package var json: JSON? { try? JSON.parse(self.body) }

    package var text: String { String(decoding: self.body, as: UTF8.self) }
}
