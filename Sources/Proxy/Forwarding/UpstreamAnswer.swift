internal import HTTP
internal import HTTPClient

/// An upstream's response, some of which may have been read already.
struct UpstreamAnswer: Sendable {
    let response: HTTPClientResponse
    /// What was read of the body.
    var beginning: [UInt8] = []
    /// Whether ``beginning`` is the whole body.
    var isWhole = false
    /// How the answer becomes the client's; nil for one that passes as it is.
    var translation: Translation?

    init(_ response: HTTPClientResponse, translation: Translation? = nil) {
        self.response = response
        self.translation = translation
    }

    var status: HTTPStatus { self.response.status }

    var isJSON: Bool { self.response.headers[.contentType]?.hasPrefix("application/json") ?? false }

    var isStream: Bool { self.response.headers[.contentType]?.hasPrefix("text/event-stream") ?? false }

    /// Reads at least the beginning of the body, all of it if it has at most `limit` bytes.
    mutating func read(upTo limit: Int) async throws {
        var iterator = self.response.body.makeAsyncIterator()
        while !self.isWhole, self.beginning.count <= limit {
            guard let bytes = try await iterator.next() else {
                self.isWhole = true
                return
            }
            self.beginning += bytes
        }
    }
}
