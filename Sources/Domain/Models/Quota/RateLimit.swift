/// How many requests or tokens an endpoint still accepts in the current period.
package struct RateLimit: Sendable, Equatable {
    /// `requests` or `tokens`.
    package let kind: String
    package let limit: Int?
    package let remaining: Int
    /// When the count resets, as the endpoint writes it: a duration such as `6m0s`, or a time.
    package let reset: String?

    /// `requests: 850 of 5000 left`.
    package var line: String {
        let most = self.limit.map { " of \($0)" } ?? ""
        let reset = self.reset.map { ", resets in \($0)" } ?? ""
        return "\(self.kind): \(self.remaining)\(most) left\(reset)"
    }
}
