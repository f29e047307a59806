internal import Chat
internal import Primitives
internal import Repositories

/// The waits of one call: for its turn, and for the limits it has hit.
struct GitHubWaits: Sendable {
    /// A longer wait, in milliseconds, is reported in the thread.
    private static let toldFrom: Int64 = 3_000
    private let client: GitHubClient
    let lane: GitHubLane
    private let resource: GitHubResource
    /// Safe for people.
    let purpose: String
    private var isTold = false
    /// In milliseconds of the client's clock.
    private let startedAt: Int64

    init(_ client: GitHubClient, _ lane: GitHubLane, _ resource: GitHubResource, _ purpose: String) {
        self.client = client
        self.lane = lane
        self.resource = resource
        self.purpose = purpose
        self.startedAt = client.clock.now
    }

    /// Notifies the thread that it waits for other changes, which must be a second apart.
    mutating func tell(ahead count: Int) async {
        guard Int64(count) * GitHubPace.writeSpacing > Self.toldFrom, !self.isTold else { return }
        self.isTold = true
        await RemoteWork.current.say?(
            "GitHub allows one change a second: \(count) others of this account are ahead\(self.budget); the work then "
                + "continues by itself.")
    }

    /// Waits before a read is repeated whose answer was lost.
    mutating func backoff(afterTry count: Int, jitter: Double) async throws {
        let length = GitHubBackoff.delay(afterTry: count, jitter: jitter)
        if self.client.clock.now + length - self.startedAt > Self.toldFrom, !self.isTold {
            self.isTold = true
            await RemoteWork.current.say?(
                "GitHub does not answer as it should\(self.budget): try \(count + 1) of \(GitHubBackoff.maximumTries) "
                    + "follows; the work then continues by itself.")
        }
        try await self.client.clock.sleep(milliseconds: length)
    }

    /// Waits until the request may be sent and takes a place in the queue, which the exchange gives back. Returns the
    /// time.
    mutating func turn(_ request: GitHubRequest, _ queue: GitHubQueue) async throws -> Int64 {
        while true {
            try await queue.enter()
            let now = self.client.clock.now
            let turn = self.lane.pace.withLock { [resource] in
                $0.take(resource, points: request.points, isWrite: request.isWrite, now: now)
            }
            guard case .wait(let until, let reason) = turn else { return now }
            // The place is released while waiting, for tokens that are under no limit.
            queue.leave()
            try await self.wait(until: until, reason)
        }
    }

    /// Notes a limit that an answer reports; the next ``turn(_:_:)`` waits for it. Throws ``GitHubError`` when this was
    /// the last try.
    func limited(_ limit: GitHubLimit, _ answer: GitHubAnswer, sentAt: Int64, isLast: Bool) throws {
        let now = self.client.clock.now
        let until: Int64
        let reason: GitHubPace.Reason
        switch limit {
        case .primary(let seconds):
            let budget =
                GitHubBudget(headers: answer.headers)
                ?? GitHubBudget(remaining: 0, limit: 0, resetsAt: self.client.clock.date + seconds)
            self.lane.pace.withLock { [resource] in
                $0.exhausted(resource, budget, secondsLeft: seconds, now: now)
            }
            until = now + (seconds + 1) * 1_000
            reason = .budget
        case .secondary(let seconds):
            until = self.lane.pace.withLock { $0.pause(seconds: seconds, sentAt: sentAt, now: now) }
            reason = .secondary
        }
        if isLast { throw self.error(reason, until: until, now) }
    }

    private mutating func wait(until: Int64, _ reason: GitHubPace.Reason) async throws {
        let now = self.client.clock.now
        let length = max(1, until - now)
        guard length <= self.client.settings.longestWait.components.seconds * 1_000 else {
            throw self.error(reason, until: until, now)
        }
        if length > Self.toldFrom, !self.isTold {
            self.isTold = true
            await RemoteWork.current.say?(self.line(seconds: (length + 999) / 1_000, reason))
        }
        try await self.client.clock.sleep(milliseconds: length)
    }

    /// The line that is posted to the thread once.
    private func line(seconds: Int64, _ reason: GitHubPace.Reason) -> String {
        let span = GitHubText.span(seconds)
        return switch reason {
        case .budget, .secondary:
            "GitHub asks for a pause of \(span)\(self.budget); the work then continues by itself."
        case .pace:
            "GitHub allows only so much at once: a pause of \(span)\(self.budget); the work then continues by itself."
        }
    }

    /// The hour's remaining requests, in parentheses; empty if unknown.
    private var budget: String {
        let known = self.lane.pace.withLock { [resource] in $0.budgets[resource]?.shown }
        return known.map { " (\($0.remaining) of \($0.limit) requests left this hour)" } ?? ""
    }

    private func error(_ reason: GitHubPace.Reason, until: Int64, _ now: Int64) -> GitHubError {
        let end = self.client.clock.date + (until - now + 999) / 1_000
        let time = GitHubText.time(end)
        return switch reason {
        case .budget:
            GitHubError(
                .rateLimited,
                "\(self.purpose) failed: this hour's requests of the GitHub account are used up; try again after \(time).",
                until: end)
        case .secondary, .pace:
            GitHubError(
                .secondaryLimit,
                "\(self.purpose) failed: GitHub's limit for many requests in a short time is reached; try again after "
                    + "\(time).", until: end)
        }
    }
}

/// How long to wait before a read is repeated whose answer was lost. Pure.
enum GitHubBackoff {
    static let maximumTries = 5

    /// Milliseconds after try number `tries` (from 1): half a second, doubled, half of it random.
    ///
    /// - Parameter jitter: in 0..<1.
    static func delay(afterTry tries: Int, jitter: Double) -> Int64 {
        let doubled = Double(min(500 << min(tries - 1, 10), 20_000))
        return Int64(doubled * (0.5 + 0.5 * jitter))
    }
}
