/// What a test reads about the requests of a stand-in.
package struct GitHubLedger: Sendable {
    /// Oldest first, the last 50,000.
    package private(set) var calls: [GitHubLoggedCall] = []
    /// By route.
    package private(set) var counts: [String: Int] = [:]
    /// By status of the answer.
    package private(set) var statuses: [Int: Int] = [:]
    /// The refusals of limits: `primary`, `secondary`.
    package private(set) var limited: [String: Int] = [:]
    /// Requests at the same time, the most of any credential.
    package private(set) var peak = 0

    /// Requests to the API: REST and GraphQL, not Git's.
    package var apiCalls: Int {
        self.counts.reduce(0) { $0 + ($1.key.contains("git-") || $1.key.contains("info/refs") ? 0 : $1.value) }
    }

    /// Those of them that people's work made. The others are a poller's, which come whether somebody works or not.
    package var callsOfWork: Int {
        let polled = self.counts.filter { route, _ in
            route.hasPrefix("GET ")
                && ["/pulls", "/status", "/check-runs"].contains { route.hasSuffix($0) }
                || ["/git/ref/", "/compare/", "/commits/"].contains { route.contains($0) }
        }
        return self.apiCalls - polled.values.reduce(0, +)
    }

    mutating func note(_ call: GitHubLoggedCall) {
        if self.calls.count >= 50_000 { self.calls.removeFirst(10_000) }
        self.calls.append(call)
        self.counts[call.route, default: 0] += 1
        self.statuses[call.status, default: 0] += 1
    }

    mutating func note(limit: String) { self.limited[limit, default: 0] += 1 }
    mutating func note(peak: Int) { self.peak = max(self.peak, peak) }
}
