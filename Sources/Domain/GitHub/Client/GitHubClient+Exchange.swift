internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging
internal import Models
internal import Primitives

extension GitHubClient {
    private static let maximumRedirects = 5
    private static let bodyLimit = 8 << 20

    /// Sends a request and collects the answer, following redirects to the same server. Releases the place in the
    /// queue. Throws ``HTTPClientError``.
    func exchange(
        _ request: GitHubRequest, _ url: HTTPURL, _ access: Access, etag: String?, _ lane: GitHubLane
    ) async throws -> GitHubAnswer {
        defer {
            lane.pace.withLock { $0.finished(request.resource, isWrite: request.isWrite, now: self.clock.now) }
            self.leave()
        }
        var url = url
        var redirects = 0
        while true {
            let answer = try await self.transfer(request, url, access, etag: etag)
            self.note(answer, request.resource, lane)
            guard [301, 302, 307, 308].contains(answer.status), redirects < Self.maximumRedirects,
                let location = answer.headers["location"], let next = try? url.resolving(location),
                next.origin == self.settings.apiURL.origin
            else { return answer }
            redirects += 1
            url = next
        }
    }

    private func transfer(
        _ request: GitHubRequest, _ url: HTTPURL, _ access: Access, etag: String?
    ) async throws -> GitHubAnswer {
        var headers: HTTPHeaders = [
            "Accept": request.accept, "User-Agent": self.settings.userAgent, "X-GitHub-Api-Version": "2022-11-28",
        ]
        if let bearer = access.bearer { headers.append("Authorization", "Bearer \(bearer.reveal())") }
        if let etag { headers.append("If-None-Match", etag) }
        if request.body != nil { headers.append("Content-Type", "application/json") }
        let response = try await self.transport.send(
            TransportRequest(
                request.method, url, headers: headers, body: request.body?.bytes, idleTimeout: .seconds(30),
                totalTimeout: .seconds(180)))
        let isSuccess = (200..<300).contains(response.status)
        let limit = isSuccess ? Self.bodyLimit : 64 << 10
        let body = try await response.start(upTo: limit + 1)
        self.log.debug(
            "\(request.method.rawValue) \(url.path): \(response.status)",
            ["bytes": JSON(body.count), "remaining": .string(response.headers["x-ratelimit-remaining"] ?? "")])
        if isSuccess, body.count > limit {
            throw HTTPClientError(.tooLarge, "more than \(limit >> 20) MB", mayHaveReachedServer: true)
        }
        return GitHubAnswer(
            status: response.status, headers: response.headers,
            body: body.count > limit ? Array(body.prefix(limit)) : body)
    }

    private func note(_ answer: GitHubAnswer, _ resource: GitHubResource, _ lane: GitHubLane) {
        guard let budget = GitHubBudget(headers: answer.headers) else { return }
        let name = answer.headers["x-ratelimit-resource"] ?? resource.rawValue
        // Search and other resources have separate limits.
        guard name == resource.rawValue else { return }
        let left = GitHubLimit.secondsLeft(until: budget.resetsAt, answer.headers, self.clock.date)
        lane.pace.withLock { $0.note(budget, resource, secondsLeft: left, now: self.clock.now) }
    }
}

extension GitHubBudget {
    /// Reads `x-ratelimit-*`; nil where they are missing.
    init?(headers: HTTPHeaders) {
        guard let remaining = headers["x-ratelimit-remaining"].flatMap({ Int(untrusted: $0) }),
            let limit = headers["x-ratelimit-limit"].flatMap({ Int(untrusted: $0) }),
            let reset = headers["x-ratelimit-reset"].flatMap({ Int64(untrusted: $0) }), reset < 1 << 40
        else { return nil }
        self.init(remaining: max(0, remaining), limit: max(0, limit), resetsAt: reset)
    }
}

extension GitHubClient {
    /// Makes a call whose answer is one value.
    func value<Value: Sendable>(_ request: GitHubRequest, _ read: (JSON) -> Value?) async throws -> Value {
        let answer = try await self.send(request)
        guard let value = answer.json.flatMap(read) else { throw Self.notJSON(answer, request) }
        return value
    }

    /// The request for a part of a listing.
    ///
    /// - Parameter freshness: nil for the settings'.
    func listing(
        _ repository: GitHubRepositoryName, _ path: [String], _ query: HTTPQuery, _ page: GitHubPageLink?,
        _ purpose: String, _ freshness: Duration? = nil, perPage: Int = 100
    ) -> GitHubRequest {
        var query = query
        query.append("per_page", String(perPage))
        var request = GitHubRequest(.get, repository, path, query: query, purpose)
        if let page {
            request = GitHubRequest(.get, .page(page), request.purpose)
            request.repository = repository
        }
        request.freshness = freshness ?? self.settings.freshness
        return request
    }

    /// The names between the slashes of a path or a branch.
    static func names(_ path: String) -> [String] {
        path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    }
}
