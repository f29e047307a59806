internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON

/// Calls the client-server API with one account's token.
struct MatrixAPI: Sendable {
    let base: HTTPURL
    let token: String?
    let client: HTTPClient

    func get(_ path: String..., query: HTTPQuery = HTTPQuery(), wait: Duration = .zero) async throws -> JSON {
        try await self.call(.get, path, query: query, wait: wait)
    }

    func post(_ path: String..., body: JSON = [:]) async throws -> JSON {
        try await self.call(.post, path, body: body)
    }

    func put(_ path: String..., body: JSON = [:]) async throws -> JSON {
        try await self.call(.put, path, body: body)
    }

    /// Calls the API, retrying while the server throttles; `wait`: how long the server may take to answer.
    func call(
        _ method: HTTPMethod, _ path: [String], query: HTTPQuery = HTTPQuery(), body: JSON? = nil,
        wait: Duration = .zero
    ) async throws -> JSON {
        for _ in 0..<20 {
            do {
                let bytes = try await self.bytes(
                    method, path, query: query, type: "application/json", body: body?.bytes, wait: wait)
                return bytes.isEmpty ? [:] : try JSON.parse(bytes)
            } catch let failure as MatrixTestFailure where failure.status == 429 {
                try await EventLoop.shared.sleep(for: .milliseconds(failure.retryAfter ?? 500))
            }
        }
        throw MatrixTestFailure(
            "\(method) /\(path.joined(separator: "/")): still rate-limited after 20 attempts", status: 429)
    }

    /// Makes one request and returns the response's bytes.
    func bytes(
        _ method: HTTPMethod, _ path: [String], query: HTTPQuery = HTTPQuery(), type: String? = nil,
        body: [UInt8]? = nil, wait: Duration = .zero
    ) async throws -> [UInt8] {
        var url = self.base
        for segment in path {
            // Names of rooms and events contain `!`, `$` and `:`; other clients encode all of them as well.
            url.path += (url.path.hasSuffix("/") ? "" : "/") + PercentEncoding.encode(segment)
        }
        var request = HTTPClientRequest(method, url.with(query: query))
        if let token { request.headers["Authorization"] = "Bearer \(token)" }
        if let body {
            request.headers["Content-Type"] = type
            request.body = .bytes(body)
        }
        request.totalTimeout = .seconds(30) + wait
        request.idleTimeout = .seconds(30) + wait
        let response = try await self.client.execute(request)
        let bytes = try await response.body.collect(upTo: 256 << 20)
        guard response.status.isSuccess else { throw Self.failure(method, path, response, bytes) }
        return bytes
    }

    private static func failure(
        _ method: HTTPMethod, _ path: [String], _ response: HTTPClientResponse, _ bytes: [UInt8]
    ) -> MatrixTestFailure {
        let answer = try? JSON.parse(bytes)
        let text = answer?["error"]?.stringValue ?? String(decoding: bytes.prefix(300), as: UTF8.self)
        return MatrixTestFailure(
            "\(method) /\(path.joined(separator: "/")): \(response.status): \(text)", status: response.status.code,
            code: answer?["errcode"]?.stringValue, retryAfter: answer?["retry_after_ms"]?.intValue)
    }
}
