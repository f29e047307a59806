internal import Crypto
internal import HTTP
internal import HTTPClient
internal import Primitives

/// The requests to a bucket that archives need. Every request is signed, and every body has a SHA-256 that the server
/// checks.
struct S3Client: Sendable {
    /// A request body whose digest is known before it is sent.
    struct Body: Sendable {
        let content: HTTPClientRequest.Body
        let digest: [UInt8]

        init(_ bytes: [UInt8]) {
            self.content = .bytes(bytes)
            self.digest = sha256(bytes)
        }

        init(_ content: HTTPClientRequest.Body, digest: [UInt8]) {
            self.content = content
            self.digest = digest
        }

        static var none: Body { Body(.none, digest: sha256([UInt8]())) }
    }

    struct Answer: Sendable {
        let headers: HTTPHeaders
        let text: String
    }

    private let settings: S3Settings
    private let client: HTTPClient

    private static let attempts = 4
    private static let answerLimit = 1 << 20

    init(_ settings: S3Settings, _ client: HTTPClient) {
        self.settings = settings
        self.client = client
    }

    /// - Parameter query: Sorted by name; `uploads=`, not `uploads`.
    func send(
        _ method: HTTPMethod, _ key: String, query: String? = nil, headers: HTTPHeaders = HTTPHeaders(),
        body: Body = .none
    ) async throws -> Answer {
        var failure: WorkspaceFailure?
        for attempt in 0..<Self.attempts {
            if attempt > 0 { try await Task.sleep(for: .milliseconds(250 << (2 * attempt - 2))) }
            do {
                return try await self.attempt(method, key, query, headers, body)
            } catch let error as S3Failure where error.isPassing {
                failure = self.failure(error.reason)
            } catch let error as S3Failure {
                throw self.failure(error.reason)
            }
        }
        throw failure ?? self.failure("it gave no answer")
    }

    private func attempt(
        _ method: HTTPMethod, _ key: String, _ query: String?, _ headers: HTTPHeaders, _ body: Body
    ) async throws -> Answer {
        var url = self.settings.endpoint.appending(self.settings.bucket, key)
        url.query = query
        var headers = headers
        headers["Accept"] = "*/*"
        headers["X-Amz-Content-Sha256"] = hex(body.digest)
        var request = HTTPClientRequest(method, url, headers: headers, body: body.content)
        request.signature = AWSSignature(
            region: self.settings.region, service: "s3", accessKey: self.settings.accessKey.reveal(),
            secretKey: self.settings.secretKey)
        do {
            let response = try await self.client.execute(request)
            let text = String(decoding: try await response.body.collect(upTo: Self.answerLimit), as: UTF8.self)
            // Completing an upload may answer 200 and then an error.
            let code = Self.element("Code", in: text)
            guard response.status.isSuccess, !(code != nil && text.contains("<Error>")) else {
                let reason = [code, Self.element("Message", in: text)].compactMap { $0 }.joined(separator: ", ")
                let status = response.status.code
                throw S3Failure(
                    reason: "it answered \(status)" + (reason.isEmpty ? "" : " (\(reason))"),
                    isPassing: status >= 500 || status == 429 || code == "SlowDown" || code == "InternalError"
                        || code == "RequestTimeout")
            }
            return Answer(headers: response.headers, text: text)
        } catch let error as HTTPClientError {
            throw S3Failure(
                reason: error.message, isPassing: !error.code.isCertificate && error.code != .plainHTTPRefused)
        }
    }

    private func failure(_ reason: String) -> WorkspaceFailure {
        WorkspaceFailure(
            "the archive store \(self.settings.endpoint.origin), bucket '\(self.settings.bucket)', failed: \(reason). "
                + "Check archive.s3: endpoint, bucket, region and the keys' permissions.")
    }

    /// The text of the first element with this name.
    static func element(_ name: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "<\(name)>")?.upperBound,
            let end = text[start...].firstRange(of: "</\(name)>")?.lowerBound
        else { return nil }
        return String(text[start..<end])
    }
}

/// Why one request failed.
private struct S3Failure: Error {
    let reason: String
    /// Whether the same request may succeed later.
    let isPassing: Bool
}
