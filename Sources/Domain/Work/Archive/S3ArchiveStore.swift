internal import Crypto
internal import HTTP
package import HTTPClient
internal import Primitives

/// Keeps archives in a bucket of S3 or of a store that speaks its protocol.
///
/// Drafts are written to the local disk first, because a request needs the digest of its body before it is sent.
package struct S3ArchiveStore: ArchiveStore {
    package let drafts: String
    private let settings: S3Settings
    private let s3: S3Client
    private let sizes: Sizes

    /// How archives are divided; tests use smaller sizes.
    struct Sizes: Sendable {
        /// Larger archives are sent in parts.
        var single = 64 << 20
        /// S3 wants at least 5 MiB, and at most 10,000 parts.
        var part = 8 << 20
        var mostParts = 10_000

        func part(of size: Int) -> Int { max(self.part, (size + self.mostParts - 1) / self.mostParts) }
    }

    private static let pieceSize = 256 << 10
    private static let checksum = "X-Amz-Checksum-Sha256"

    /// - Parameter drafts: A folder of the local disk with room for one archive.
    package init(_ settings: S3Settings, drafts: String, client: HTTPClient) {
        self.init(settings, drafts: drafts, client: client, sizes: Sizes())
    }

    init(_ settings: S3Settings, drafts: String, client: HTTPClient, sizes: Sizes) {
        self.settings = settings
        self.drafts = drafts
        self.s3 = S3Client(settings, client)
        self.sizes = sizes
    }

    package func store(_ draft: ArchiveDraft, as name: String) async throws -> String {
        let file = ArchiveInput(draft.path)
        if draft.size <= self.sizes.single {
            try await self.put(file, draft, name)
        } else {
            try await self.upload(file, draft, name)
        }
        try await self.put(draft.sum(of: name), "\(name).sha256", type: "text/plain")
        await ArchiveFile(draft.path).discard()
        return "s3://\(self.settings.bucket)/\(name)"
    }

    package func check() async throws -> String {
        let key = ".jetbridge-check"
        try await self.put(Array("Jetbridge can write here.\n".utf8), key, type: "text/plain")
        // May be forbidden to keys that can only add.
        _ = try? await self.s3.send(.delete, key)
        return "sessions are archived to the bucket '\(self.settings.bucket)' at \(self.settings.endpoint.origin)"
    }

    private func put(_ bytes: [UInt8], _ key: String, type: String) async throws {
        let body = S3Client.Body(bytes)
        _ = try await self.s3.send(.put, key, headers: Self.headers(body.digest, type: type), body: body)
    }

    /// One request, streamed from the disk.
    private func put(_ file: ArchiveInput, _ draft: ArchiveDraft, _ name: String) async throws {
        let digest = decodeHex(draft.digest) ?? []
        let body = S3Client.Body(
            .stream(length: draft.size) { writer in
                var start = 0
                while start < draft.size {
                    let piece = try await file.read(at: start, upTo: Self.pieceSize)
                    if piece.isEmpty { break }
                    try await writer.write(piece)
                    start += piece.count
                }
            }, digest: digest)
        _ = try await self.s3.send(.put, name, headers: Self.headers(digest), body: body)
    }

    /// Several requests, of which each has one part in memory. An upload that fails is aborted, because its parts would
    /// cost money forever.
    private func upload(_ file: ArchiveInput, _ draft: ArchiveDraft, _ name: String) async throws {
        var headers: HTTPHeaders = ["Content-Type": "application/gzip"]
        headers["X-Amz-Checksum-Algorithm"] = "SHA256"
        let begun = try await self.s3.send(.post, name, query: "uploads=", headers: headers)
        guard let id = S3Client.element("UploadId", in: begun.text) else {
            throw WorkspaceFailure("the archive store gave no id for an upload: check archive.s3.endpoint")
        }
        let upload = PercentEncoding.encode(id, keeping: .unreserved)
        do {
            let parts = try await self.sendParts(file, draft, name, upload)
            let body = S3Client.Body(
                Array("<CompleteMultipartUpload>\(parts)</CompleteMultipartUpload>".utf8))
            _ = try await self.s3.send(
                .post, name, query: "uploadId=\(upload)", headers: ["Content-Type": "application/xml"], body: body)
        } catch {
            let s3 = self.s3
            // Unstructured: also when this task is cancelled.
            await Task { _ = try? await s3.send(.delete, name, query: "uploadId=\(upload)") }.value
            throw error
        }
    }

    /// Sends all parts and returns the list for the completing request.
    private func sendParts(
        _ file: ArchiveInput, _ draft: ArchiveDraft, _ name: String, _ upload: String
    ) async throws -> String {
        let size = self.sizes.part(of: draft.size)
        var list = ""
        for (index, start) in stride(from: 0, to: draft.size, by: size).enumerated() {
            let body = S3Client.Body(try await file.read(at: start, upTo: min(size, draft.size - start)))
            let answer = try await self.s3.send(
                .put, name, query: "partNumber=\(index + 1)&uploadId=\(upload)", headers: Self.headers(body.digest),
                body: body)
            list +=
                "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(answer.headers["etag"] ?? "")</ETag>"
                + "<ChecksumSHA256>\(base64(body.digest))</ChecksumSHA256></Part>"
        }
        return list
    }

    private static func headers(_ digest: [UInt8], type: String = "application/gzip") -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": type]
        headers["X-Amz-Sdk-Checksum-Algorithm"] = "SHA256"
        headers[Self.checksum] = base64(digest)
        return headers
    }
}
