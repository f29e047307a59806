/// The rest of an hour's requests, as GitHub last reported it for a token.
package struct GitHubBudget: Sendable, Hashable, CustomStringConvertible {
    package var remaining: Int
    package var limit: Int
    /// When the hour ends, in seconds since 1970.
    package var resetsAt: Int64

    package init(remaining: Int, limit: Int, resetsAt: Int64) {
        self.remaining = remaining
        self.limit = limit
        self.resetsAt = resetsAt
    }

    package var description: String { "\(self.counts) left this hour" }

    var counts: String { "\(self.remaining)/\(self.limit) requests" }
}
