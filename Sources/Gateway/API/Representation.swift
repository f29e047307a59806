internal import Compression
internal import Crypto
internal import HTTP
internal import HTTPServer

/// How an answer is sent: with an entity tag, not at all if the client has it, and compressed (RFC 9110 §8.8.3, §13.1.2,
/// §12.5.3).
enum Representation {
    /// Shorter answers gain nothing.
    private static let compressedSize = 1 << 10

    /// Of an answer of the API to GET or HEAD.
    static func apply(to response: inout HTTPServerResponse, for request: HTTPServerRequest) {
        let type = MediaType(parsing: response.headers["content-type"] ?? "")
        guard [.get, .head].contains(request.method), response.status == .ok, case .bytes(let bytes) = response.body,
            type?.isJSON == true || type?.essence == MediaType.plain.essence,
            !response.headers.contains("content-encoding"), !response.headers.contains(.etag)
        else { return }
        Self.apply(Self.tag(of: bytes), to: &response, for: request, size: bytes.count) { Gzip.bytes(of: bytes) }
    }

    /// An answer that stays the same, with its entity tag and compressed form, which take long to make.
    struct Kept: Sendable {
        let bytes: [UInt8]
        let tag: String
        let compressed: [UInt8]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            self.tag = Representation.tag(of: bytes)
            self.compressed = Gzip.bytes(of: bytes)
        }

        /// As JSON.
        func response(to request: HTTPServerRequest) -> HTTPServerResponse {
            var response = HTTPServerResponse(.ok, .json, bytes: self.bytes)
            Representation.apply(self.tag, to: &response, for: request, size: self.bytes.count) { self.compressed }
            return response
        }
    }

    /// Weak, because the compressed form has the same one.
    private static func tag(of bytes: [UInt8]) -> String {
        "W/\"\(Crypto.hex(Array(Crypto.sha256(bytes).prefix(16))))\""
    }

    private static func apply(
        _ tag: String, to response: inout HTTPServerResponse, for request: HTTPServerRequest, size: Int,
        compressed: () -> [UInt8]
    ) {
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["ETag"] = tag
        if Self.matches(tag, request.headers) {
            response.status = .notModified
            response.headers.remove("content-type")
            response.body = .bytes([])
        } else if size > Self.compressedSize, Self.acceptsGzip(request.headers) {
            response.headers["Content-Encoding"] = "gzip"
            response.body = .bytes(compressed())
        }
    }

    /// Whether `If-None-Match` lists a tag, compared weakly.
    static func matches(_ tag: String, _ headers: HTTPHeaders) -> Bool {
        func core(_ tag: Substring) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag }
        return headers.list(of: "if-none-match").contains { $0 == "*" || core($0[...]) == core(tag[...]) }
    }

    /// Whether `gzip` is listed with a weight other than zero (RFC 9110 §12.5.3).
    static func acceptsGzip(_ headers: HTTPHeaders) -> Bool {
        headers.list(of: "accept-encoding").contains { element in
            let parts = element.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" else { return false }
            return !parts.dropFirst().contains {
                $0.hasPrefix("q=") && $0.dropFirst(2).allSatisfy { "0.".contains($0) }
            }
        }
    }
}
