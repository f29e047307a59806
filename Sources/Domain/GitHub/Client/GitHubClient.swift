internal import Chat
package import Copilot
internal import HTTP
internal import HTTPClient
package import JSON
package import Logging
package import Models
internal import Primitives
internal import Repositories

/// The one place from which GitHub's API is called: sign-ins, the cache, limits and retries.
///
/// A call runs in the task that makes it, and ends with it. It uses the sign-in of the person for whom the task works
/// (`RemoteWork.current`), and notifies that person's thread of a long wait. Errors are ``GitHubError``, besides
/// `CancellationError`.
package final class GitHubClient: Sendable {
    package let settings: GitHubSettings
    package let tokens: any GitHubTokenSource
    package let clock: GitHubClock
    let transport: any ModelTransport
    let log: Logger
    private let cache: Protected<GitHubCache>
    private let lanes: GitHubLanes
    private let queue: GitHubQueue
    let flights = GitHubFlights()
    private let jitter: @Sendable () -> Double

    /// - Parameter jitter: a random number in 0..<1 for the waits between tries.
    package init(
        _ settings: GitHubSettings, tokens: any GitHubTokenSource, transport: any ModelTransport,
        clock: GitHubClock = .system, logger: Logger = Logger(label: "github"),
        jitter: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
        self.log = logger
        self.settings = settings
        self.tokens = tokens
        self.transport = transport
        self.clock = clock
        self.jitter = jitter
        self.cache = Protected(
            GitHubCache(maximumEntries: settings.cachedAnswers, maximumBytes: settings.cachedBytes))
        self.lanes = GitHubLanes(maximumWaiting: settings.maximumQueued)
        self.queue = GitHubQueue(limit: settings.maximumConcurrent, maximumWaiting: settings.maximumQueued)
    }

    func leave() { self.queue.leave() }

    package var links: GitHubLinks { GitHubLinks(self.settings.webURL) }

    // MARK: Calls

    /// Makes a call. A token that GitHub refuses is replaced once, if its source has another.
    package func send(_ request: GitHubRequest) async throws -> GitHubAnswer {
        let url = try self.url(of: request)
        let access = try await self.access(of: request)
        do {
            return try await self.send(request, url, access)
        } catch let error as GitHubError where error.code == .unauthorized {
            guard case .current = request.authorization, let token = access.token else { throw error }
            self.cache.withLock { $0.forget(token) }
            await self.tokens.refused(token)
            let next = try await self.access(of: request)
            guard next.token != nil, next.token != token else { throw error }
            return try await self.send(request, url, next)
        }
    }

    /// Makes a call whose answer is JSON.
    package func json(_ request: GitHubRequest) async throws -> JSON {
        let answer = try await self.send(request)
        guard let json = answer.json else { throw Self.notJSON(answer, request) }
        return json
    }

    /// Reads a page of a listing; invalid items are skipped.
    ///
    /// - Parameter member: the member that holds the items, if the answer is an object: `workflow_runs`.
    package func page<Item: Sendable>(
        _ request: GitHubRequest, member: String? = nil, _ read: (JSON) -> Item?
    ) async throws -> GitHubPage<Item> {
        let answer = try await self.send(request)
        let json = answer.json
        guard let items = (member.map { json?[$0] } ?? json)?.arrayValue else { throw Self.notJSON(answer, request) }
        let next = GitHubPageLink(in: answer.headers, of: try self.url(of: request))
        return GitHubPage(items: items.compactMap(read), next: next)
    }

    /// Reads a listing to its end, or up to `limit` items.
    package func all<Item: Sendable>(
        upTo limit: Int = 1_000, _ page: (GitHubPageLink?) async throws -> GitHubPage<Item>
    ) async throws -> [Item] {
        var items: [Item] = []
        var next: GitHubPageLink?
        repeat {
            let page = try await page(next)
            items += page.items
            next = page.next
        } while next != nil && items.count < limit
        return Array(items.prefix(limit))
    }

    // MARK: What is known

    /// Marks what the cache has of a repository as stale, for instance after a webhook; it is revalidated by its ETag.
    /// Nil marks everything.
    package func outdate(_ repository: GitHubRepositoryName?) {
        self.cache.withLock { $0.outdate(repository) }
    }

    /// What GitHub last reported for the token; nil before the first answer and after the hour's end.
    package func budget(of token: GitHubToken?, _ resource: GitHubResource = .core) -> GitHubBudget? {
        let budget = self.lanes[token].pace.withLock { $0.budgets[resource] }
        return budget.flatMap { self.clock.now < $0.endsAt ? $0.shown : nil }
    }

    /// The budget of the token that a call for this repository would use now.
    package func budget(
        for repository: GitHubRepositoryName? = nil, _ resource: GitHubResource = .core
    ) async throws -> GitHubBudget? {
        let token = try await self.tokens.token(for: RemoteWork.current.person, repository: repository)
        return self.budget(of: token, resource)
    }
}

extension GitHubClient {
    /// How a call is authorised.
    struct Access: Sendable {
        let token: GitHubToken?
        /// The value of `Authorization: Bearer`.
        let bearer: Secret?
    }

    private func access(of request: GitHubRequest) async throws -> Access {
        let token: GitHubToken?
        switch request.authorization {
        case .current:
            token = try await self.tokens.token(for: RemoteWork.current.person, repository: request.repository)
        case .token(let given): token = given
        case .app(let claim):
            return Access(token: nil, bearer: claim)
        case .anonymous: token = nil
        }
        return Access(token: token, bearer: token?.value)
    }

    func url(of request: GitHubRequest) throws(GitHubError) -> HTTPURL {
        switch request.target {
        case .graphQL: return self.settings.graphQLURL
        case .page(let link):
            guard link.url.origin == self.settings.apiURL.origin else {
                throw GitHubError(.invalidRequest, "\(request.purpose) failed: the next page is on another server.")
            }
            return link.url
        case .path(let names, let query):
            // A name such as `..` would lead to another call.
            guard names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.utf8.contains(0) }) else {
                throw GitHubError(
                    .invalidRequest,
                    "\(GitHubText.line(request.purpose)) failed: a name in it is empty or consists of dots; correct it."
                )
            }
            return names.reduce(self.settings.apiURL) { $0.appending($1) }.with(query: query)
        }
    }

    /// One call with one token: the cache, then GitHub.
    private func send(_ request: GitHubRequest, _ url: HTTPURL, _ access: Access) async throws -> GitHubAnswer {
        let key =
            request.isCacheable && (access.token != nil || access.bearer == nil)
            ? GitHubCache.Key(token: access.token, url: url, accept: request.accept) : nil
        if let key, request.freshness > .zero, var answer = self.cached(key, within: request.freshness) {
            answer.origin = .cache
            return answer
        }
        guard let key else { return try await self.send(request, url, access, nil) }
        let flight = GitHubFlights.Key(read: key, generation: self.cache.withLock { $0.generation })
        return try await self.flights.share(flight) { try await self.send(request, url, access, key) }
    }

    /// One call with one token, to GitHub.
    private func send(
        _ request: GitHubRequest, _ url: HTTPURL, _ access: Access, _ key: GitHubCache.Key?
    ) async throws -> GitHubAnswer {
        let lane = self.lanes[access.token]
        var waits = GitHubWaits(self, lane, request.resource, GitHubText.line(request.purpose))
        if request.isWrite {
            await waits.tell(ahead: lane.writes.waiting)
            try await lane.writes.enter()
        }
        defer {
            if request.isWrite {
                // A write that failed or was cancelled may still have been carried out.
                if let repository = request.repository { self.outdate(repository) }
                lane.writes.leave()
            }
        }
        do {
            return try await self.tries(request, url, access, key, &waits)
        } catch let error as GitHubError {
            guard let key, request.freshness > .zero, error.isPassing,
                var answer = self.cached(key, within: self.settings.staleness)
            else { throw error }
            answer.origin = .stale
            return answer
        }
    }

    private func cached(_ key: GitHubCache.Key, within age: Duration) -> GitHubAnswer? {
        let milliseconds = age.components.seconds * 1_000
        return self.cache.withLock { $0.answer(key, within: milliseconds, now: self.clock.now) }
    }

    /// Tries until there is an answer, at most ``GitHubBackoff/maximumTries`` times.
    private func tries(
        _ request: GitHubRequest, _ url: HTTPURL, _ access: Access, _ key: GitHubCache.Key?, _ waits: inout GitHubWaits
    ) async throws -> GitHubAnswer {
        let lane = waits.lane
        let context = GitHubError.Context(
            purpose: waits.purpose, isWrite: request.isWrite, token: access.token,
            remedy: await self.tokens.remedy(for: access.token), files: request.files)
        var count = 0
        while true {
            count += 1
            let isLast = count >= self.settings.maximumTries
            let (entry, generation) = self.cache.withLock { cache in (key.flatMap { cache.entry($0) }, cache.generation)
            }
            let sentAt: Int64
            let answer: GitHubAnswer
            do {
                sentAt = try await waits.turn(request, self.queue)
                answer = try await self.exchange(request, url, access, etag: entry?.etag, lane)
            } catch let error as HTTPClientError {
                let isSafe = !request.isWrite || !error.mayHaveReachedServer
                guard !isLast, isSafe, Self.isPassing(error) else { throw GitHubError(error, context) }
                try await waits.backoff(afterTry: count, jitter: self.jitter())
                continue
            }
            if answer.status == 304, let key, let entry {
                self.cache.withLock { $0.confirm(key, generation: generation, now: self.clock.now) }
                lane.pace.withLock { $0.succeeded(sentAt: sentAt) }
                var known = entry.answer
                known.origin = .confirmed
                return known
            }
            if let limit = GitHubLimit(
                answer, isGraphQL: request.target == .graphQL, date: self.clock.date)
            {
                try waits.limited(limit, answer, sentAt: sentAt, isLast: isLast)
                continue
            }
            if request.target == .graphQL, let error = GitHubError(graphQL: answer, context) { throw error }
            if (200..<300).contains(answer.status) {
                lane.pace.withLock { $0.succeeded(sentAt: sentAt) }
                if let key {
                    self.cache.withLock {
                        $0.store(
                            answer, as: key, repository: request.repository, generation: generation,
                            now: self.clock.now)
                    }
                }
                return answer
            }
            guard !isLast, !request.isWrite, [502, 503, 504].contains(answer.status) else {
                throw GitHubError(answer, context)
            }
            try await waits.backoff(afterTry: count, jitter: self.jitter())
        }
    }

    static func isPassing(_ error: HTTPClientError) -> Bool {
        [.resolve, .connect, .connectTimeout, .idleTimeout, .totalTimeout, .closed].contains(error.code)
    }

    static func notJSON(_ answer: GitHubAnswer, _ request: GitHubRequest) -> GitHubError {
        let refusal = GitHubRefusal(body: answer.body)
        return GitHubError(
            .badAnswer,
            "\(GitHubText.line(request.purpose)) failed: the server answers \(answer.status) with something other than "
                + "GitHub's API\(refusal.isJSON ? "" : refusal.quotation); check github.api_url and any proxy.",
            status: answer.status, mayHaveHappened: request.isWrite)
    }
}
