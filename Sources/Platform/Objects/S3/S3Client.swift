internal import Crypto
internal import HTTP
internal import HTTPClient
internal import Primitives

/// Requests to a bucket. Every request is signed, and every body has a SHA-256 that the server checks. What may succeed
/// later is tried again, a few times.
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

    /// A collected answer.
    struct Answer: Sendable {
        let status: HTTPStatus
        let headers: HTTPHeaders
        let bytes: [UInt8]
    }

    private struct Request {
        let method: HTTPMethod
        let key: String
        let query: String?
        let headers: HTTPHeaders
        let body: Body
        /// The statuses that are no failure besides those of success.
        let expected: Set<Int>
    }

    let settings: S3Settings
    /// The name of the settings, for advice.
    private let setting: String
    private let client: HTTPClient
    /// Before the second attempt; four times as long before each later one.
    private let pause: Duration

    static let attempts = 4
    /// A page of 1,000 keys of 1,024 bytes, all of them escaped.
    private static let answerLimit = 8 << 20
    private static let path = ByteSet("/").union(.unreserved)

    init(_ settings: S3Settings, setting: String, _ client: HTTPClient, pause: Duration) {
        self.pause = pause
        self.settings = settings
        self.setting = setting
        self.client = client
    }

    /// - Parameters:
    ///   - key: Empty for the bucket itself.
    ///   - query: Sorted by name; `uploads=`, not `uploads`.
    ///   - expected: Statuses that are no failure besides those of success.
    func send(
        _ method: HTTPMethod, _ key: String, query: String? = nil, headers: HTTPHeaders = HTTPHeaders(),
        body: Body = .none, expected: Set<Int> = []
    ) async throws -> Answer {
        let request = Request(
            method: method, key: key, query: query, headers: headers, body: body, expected: expected)
        return try await self.retrying {
            let response = try await self.answer(to: request)
            let bytes = try await response.body.collect(upTo: Self.answerLimit)
            // Completing an upload and copying may answer 200 and then an error.
            guard S3XML.range(of: "<Error>", in: bytes[...]) == nil || request.expected.contains(response.status.code)
            else { throw Self.failure(response.status, bytes) }
            return Answer(status: response.status, headers: response.headers, bytes: bytes)
        }
    }

    /// A response whose body is read as it arrives.
    func open(_ key: String, headers: HTTPHeaders, expected: Set<Int>) async throws -> HTTPClientResponse {
        let request = Request(
            method: .get, key: key, query: nil, headers: headers, body: .none, expected: expected)
        return try await self.retrying { try await self.answer(to: request) }
    }

    /// The error for people of something that failed.
    func error(_ reason: String, _ code: ObjectStoreError.Code) -> ObjectStoreError {
        ObjectStoreError(
            code,
            "the object store \(self.settings.endpoint.origin), bucket '\(self.settings.bucket)', failed: "
                + "\(reason.beginning(bytes: 1_024)). "
                + "Check \(self.setting): endpoint, bucket, region and the keys' permissions.")
    }

    private func retrying<Value>(_ body: () async throws -> Value) async throws -> Value {
        var reason = "it gave no answer"
        for attempt in 0..<Self.attempts {
            if attempt > 0 { try await self.pause(before: attempt) }
            do {
                return try await body()
            } catch let error as S3Failure {
                guard error.isPassing else { throw self.error(error.reason, .refused) }
                reason = error.reason
            } catch let error as HTTPClientError {
                guard error.isPassing else { throw self.error(error.message, .refused) }
                reason = error.message
            }
        }
        throw self.error(reason, .unavailable)
    }

    /// - Parameter attempt: 1 for the first one after a failure.
    func pause(before attempt: Int) async throws {
        try await Task.sleep(for: self.pause * (1 << (2 * attempt - 2)))
    }

    /// A response whose head says success, or that is expected.
    private func answer(to request: Request) async throws -> HTTPClientResponse {
        var url = self.settings.endpoint.appending(self.settings.bucket)
        // Signed as it is sent, and the server signs what S3 calls the canonical path: only unreserved bytes stay.
        if !request.key.isEmpty {
            url = url.adding(path: PercentEncoding.encode(request.key, keeping: Self.path))
        }
        url.query = request.query
        var headers = request.headers
        headers["Accept"] = "*/*"
        headers["X-Amz-Content-Sha256"] = hex(request.body.digest)
        var sent = HTTPClientRequest(request.method, url, headers: headers, body: request.body.content)
        sent.signature = AWSSignature(
            region: self.settings.region, service: "s3", accessKey: self.settings.accessKey.reveal(),
            secretKey: self.settings.secretKey)
        let response = try await self.client.execute(sent)
        if response.status.isSuccess || request.expected.contains(response.status.code) { return response }
        throw Self.failure(response.status, try await response.body.collect(upTo: Self.answerLimit))
    }

    private static func failure(_ status: HTTPStatus, _ answer: [UInt8]) -> S3Failure {
        let code = S3XML.element("Code", in: answer[...])
        let reason = [code, S3XML.element("Message", in: answer[...])].compactMap { $0 }.joined(separator: ", ")
        let passing = ["SlowDown", "InternalError", "RequestTimeout", "ConditionalRequestConflict", "OperationAborted"]
        return S3Failure(
            reason: "it answered \(status.code)" + (reason.isEmpty ? "" : " (\(reason))"),
            isPassing: status.code >= 500 || status.code == 429 || code.map { passing.contains($0) } == true)
    }
}

extension HTTPClientError {
    /// Whether the same request may succeed later.
    var isPassing: Bool { !self.code.isCertificate && self.code != .plainHTTPRefused }
}

/// Why one request failed.
private struct S3Failure: Error {
    let reason: String
    /// Whether the same request may succeed later.
    let isPassing: Bool
}
