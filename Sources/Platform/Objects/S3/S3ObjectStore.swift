internal import Crypto
internal import HTTP
package import HTTPClient
internal import Primitives

/// Keeps objects in a bucket of S3 or of a store that speaks its protocol.
package struct S3ObjectStore: ObjectStore {
    private let s3: S3Client
    private let sizes: Sizes

    /// How large objects are divided, and listings; tests use smaller sizes.
    struct Sizes: Sendable {
        /// Larger objects are sent in parts.
        var single = 64 << 20
        /// S3 wants at least 5 MiB, and at most 10,000 parts.
        var part = 8 << 20
        var mostParts = 10_000
        /// Keys in a page of a listing.
        var page = 1_000

        func part(of size: Int) -> Int { max(self.part, (size + self.mostParts - 1) / self.mostParts) }
    }

    private static let checksum = "X-Amz-Checksum-Sha256"

    /// - Parameter setting: The settings' name in the configuration, such as `objects.s3`.
    package init(_ settings: S3Settings, setting: String, client: HTTPClient) {
        self.init(settings, setting: setting, client: client, sizes: Sizes())
    }

    /// - Parameter pause: Before the second attempt at a request.
    init(
        _ settings: S3Settings, setting: String, client: HTTPClient, sizes: Sizes, pause: Duration = .milliseconds(250)
    ) {
        self.s3 = S3Client(settings, setting: setting, client, pause: pause)
        self.sizes = sizes
    }

    package var name: String {
        "the bucket '\(self.s3.settings.bucket)' at \(self.s3.settings.endpoint.origin)"
    }

    package func place(of key: String) -> String { "s3://\(self.s3.settings.bucket)/\(key)" }

    package func put(_ content: ObjectContent, at key: String, ifAbsent: Bool) async throws -> Bool {
        try ObjectKeys.parts(of: key)
        guard content.size > self.sizes.single else { return try await self.putWhole(content, key, ifAbsent) }
        // Refused again at the end; this spares sending it.
        if ifAbsent, try await self.facts(of: key) != nil { return false }
        return try await self.upload(content, key, ifAbsent)
    }

    package func get(_ key: String, range: Range<Int>?) async throws -> ObjectBytes? {
        try ObjectKeys.parts(of: key)
        return try await S3Download.open(key, range, self.s3)
    }

    package func facts(of key: String) async throws -> ObjectFacts? {
        try ObjectKeys.parts(of: key)
        let answer = try await self.s3.send(.head, key, expected: [404])
        guard answer.status.code != 404 else { return nil }
        let modified = answer.headers["Last-Modified"].flatMap { HTTPDate.parse($0) }
        return ObjectFacts(
            key: key, size: answer.headers["Content-Length"].flatMap { Int($0) } ?? 0,
            modified: modified.map { Int64($0) * 1_000 } ?? 0)
    }

    package func page(below prefix: String, after token: String?) async throws -> ObjectPage {
        func encoded(_ text: String) -> String { PercentEncoding.encode(text, keeping: .unreserved) }
        let start = token.map { "continuation-token=\(encoded($0))&" } ?? ""
        let answer = try await self.s3.send(
            .get, "", query: "\(start)list-type=2&max-keys=\(self.sizes.page)&prefix=\(encoded(prefix))")
        guard let page = S3XML.page(answer.bytes), page.objects.count <= self.sizes.page else {
            throw self.s3.error("its listing cannot be read", .refused)
        }
        guard page.next == nil || page.next != token && !page.objects.isEmpty else {
            throw self.s3.error("its listing does not end", .refused)
        }
        return page
    }

    package func copy(_ key: String, to other: String) async throws -> Bool {
        try ObjectKeys.parts(of: key)
        try ObjectKeys.parts(of: other)
        let source = PercentEncoding.encode(
            "\(self.s3.settings.bucket)/\(key)", keeping: ByteSet("/").union(.unreserved))
        let answer = try await self.s3.send(.put, other, headers: ["X-Amz-Copy-Source": source], expected: [404])
        guard answer.status.code == 404 else { return true }
        // The bucket may be what is missing.
        guard S3XML.element("Code", in: answer.bytes[...]) == "NoSuchKey" else {
            throw self.s3.error("it answered 404 to a copy", .refused)
        }
        return false
    }

    package func delete(_ key: String) async throws {
        try ObjectKeys.parts(of: key)
        _ = try await self.s3.send(.delete, key, expected: [404])
    }

    // MARK: Storing

    /// One request, streamed.
    private func putWhole(_ content: ObjectContent, _ key: String, _ ifAbsent: Bool) async throws -> Bool {
        let body =
            content.size == 0
            ? .none
            : S3Client.Body(
                .stream(length: content.size) { writer in try await content.forEach { try await writer.write($0) } },
                digest: content.digest)
        var headers = Self.headers(content.digest, key)
        if ifAbsent { headers["If-None-Match"] = "*" }
        let answer = try await self.s3.send(.put, key, headers: headers, body: body, expected: ifAbsent ? [412] : [])
        return answer.status.code != 412
    }

    /// Several requests, of which each has one part in memory. An upload that fails is aborted, because its parts would
    /// cost money forever.
    private func upload(_ content: ObjectContent, _ key: String, _ ifAbsent: Bool) async throws -> Bool {
        var headers: HTTPHeaders = ["Content-Type": Self.type(of: key)]
        headers["X-Amz-Checksum-Algorithm"] = "SHA256"
        let begun = try await self.s3.send(.post, key, query: "uploads=", headers: headers)
        guard let id = S3XML.element("UploadId", in: begun.bytes[...]) else {
            throw self.s3.error("it gave no id for an upload", .refused)
        }
        let upload = PercentEncoding.encode(id, keeping: .unreserved)
        do {
            let parts = try await self.sendParts(content, key, upload)
            let body = S3Client.Body(Array("<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>".utf8))
            var headers: HTTPHeaders = ["Content-Type": "application/xml"]
            if ifAbsent { headers["If-None-Match"] = "*" }
            let answer = try await self.s3.send(
                .post, key, query: "uploadId=\(upload)", headers: headers, body: body, expected: ifAbsent ? [412] : [])
            if answer.status.code == 412 { await self.abort(key, upload) }
            return answer.status.code != 412
        } catch {
            await self.abort(key, upload)
            throw error
        }
    }

    private func abort(_ key: String, _ upload: String) async {
        let s3 = self.s3
        // Unstructured: also when this task is cancelled.
        await Task { _ = try? await s3.send(.delete, key, query: "uploadId=\(upload)") }.value
    }

    /// Sends all parts and returns the list for the completing request.
    private func sendParts(_ content: ObjectContent, _ key: String, _ upload: String) async throws -> String {
        let size = self.sizes.part(of: content.size)
        var list = ""
        for (index, start) in stride(from: 0, to: content.size, by: size).enumerated() {
            let body = S3Client.Body(try await content.read(start, min(size, content.size - start)))
            let answer = try await self.s3.send(
                .put, key, query: "partNumber=\(index + 1)&uploadId=\(upload)", headers: Self.headers(body.digest, key),
                body: body)
            list +=
                "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(answer.headers["etag"] ?? "")</ETag>"
                + "<ChecksumSHA256>\(base64(body.digest))</ChecksumSHA256></Part>"
        }
        return list
    }

    private static func headers(_ digest: [UInt8], _ key: String) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": Self.type(of: key)]
        headers["X-Amz-Sdk-Checksum-Algorithm"] = "SHA256"
        headers[Self.checksum] = base64(digest)
        return headers
    }

    /// For people who look into the bucket with other programs.
    private static func type(of key: String) -> String {
        if key.hasSuffix(".gz") { return "application/gzip" }
        return key.hasSuffix(".sha256") ? "text/plain" : "application/octet-stream"
    }
}
