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
            !response.headers.contains("content-encoding")
        else { return }
        // Weak, because the compressed form has the same one.
        let tag = "W/\"\(Crypto.hex(Array(Crypto.sha256(bytes).prefix(16))))\""
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["ETag"] = tag
        if Self.matches(tag, request.headers) {
            response.status = .notModified
            response.headers.remove("content-type")
            response.body = .bytes([])
        } else if bytes.count > Self.compressedSize, Self.acceptsGzip(request.headers) {
            response.headers["Content-Encoding"] = "gzip"
            response.body = .bytes(Gzip.bytes(of: bytes))
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
