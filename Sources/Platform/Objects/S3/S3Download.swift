internal import HTTP
internal import HTTPClient
internal import Primitives

/// Reads one object, and continues where its connection was cut.
actor S3Download {
    private let key: String
    private let s3: S3Client
    /// Nil where the server names none: then a cut download fails.
    private let tag: String?
    private let end: Int
    private var position: Int
    private var body: HTTPResponseBody
    private var failures = 0

    private init(_ key: String, _ s3: S3Client, tag: String?, range: Range<Int>, _ body: HTTPResponseBody) {
        self.key = key
        self.s3 = s3
        self.tag = tag
        self.position = range.lowerBound
        self.end = range.upperBound
        self.body = body
    }

    /// Nil if there is no such object.
    static func open(_ key: String, _ range: Range<Int>?, _ s3: S3Client) async throws -> ObjectBytes? {
        var headers = HTTPHeaders()
        if let range {
            guard !range.isEmpty else { return ObjectBytes(size: 0) { nil } }
            headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        }
        // 416: the object ends before the range.
        let response = try await s3.open(key, headers: headers, expected: [404, 416])
        switch response.status.code {
        case 404:
            let answer = try await response.body.collect(upTo: 1 << 16)
            // Also for a bucket that does not exist.
            if let code = S3XML.element("Code", in: answer[...]), code != "NoSuchKey" {
                throw s3.error("it answered 404 (\(code))", .refused)
            }
            return nil
        case 416: return ObjectBytes(size: range?.lowerBound ?? 0) { nil }
        default: break
        }
        guard let length = response.headers["Content-Length"].flatMap({ Self.size($0) }) else {
            throw s3.error("it did not say how long an object is", .refused)
        }
        let isPart = response.status.code == 206
        let start = isPart ? range?.lowerBound ?? 0 : 0
        let whole = response.headers["Content-Range"]?.split(separator: "/").last.flatMap { Self.size($0) }
        guard isPart == (range != nil) else { throw s3.error("it does not send parts of objects", .refused) }
        let download = S3Download(
            key, s3, tag: response.headers["ETag"], range: start..<(start + length), response.body)
        return ObjectBytes(size: isPart ? whole ?? start + length : length) { try await download.next() }
    }

    private static func size(_ text: some StringProtocol) -> Int? {
        guard let size = Int(untrusted: text), size >= 0 else { return nil }
        return size
    }

    private func next() async throws -> [UInt8]? {
        while true {
            do {
                var iterator = self.body.makeAsyncIterator()
                if let bytes = try await iterator.next() {
                    self.position += bytes.count
                    return bytes
                }
                if self.position >= self.end { return nil }
                throw HTTPClientError(.closed, "the object ended early")
            } catch let error as HTTPClientError {
                try await self.reopen(after: error)
            }
        }
    }

    private func reopen(after error: HTTPClientError) async throws {
        self.failures += 1
        guard let tag = self.tag, error.isPassing, self.failures < S3Client.attempts, self.position < self.end else {
            throw self.s3.error(error.message, .unavailable)
        }
        try await self.s3.pause(before: self.failures)
        var headers: HTTPHeaders = ["Range": "bytes=\(self.position)-\(self.end - 1)"]
        headers["If-Match"] = tag
        let response = try await self.s3.open(self.key, headers: headers, expected: [404, 412])
        guard response.status.code == 206 else {
            throw self.s3.error("the object \(self.key) was replaced or deleted while it was read", .damaged)
        }
        self.body = response.body
    }
}
