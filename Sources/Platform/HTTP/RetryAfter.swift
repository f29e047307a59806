/// The wait that an endpoint asks for.
package enum RetryAfter {
    /// Reads `retry-after-ms`, else `Retry-After` (RFC 9110 §10.2.3) as seconds or a date. Nil when neither is valid;
    /// zero for a date in the past.
    ///
    /// - Parameter now: seconds since 1970.
    package static func read(_ headers: HTTPHeaders, now: Int) -> Duration? {
        if let text = headers["retry-after-ms"], let milliseconds = self.number(text) {
            return .milliseconds(Int64(milliseconds.rounded(.up)))
        }
        guard let text = headers["retry-after"] else { return nil }
        // Some endpoints send fractions, which the standard does not allow.
        if let seconds = self.number(text) { return .milliseconds(Int64((seconds * 1000).rounded(.up))) }
        return HTTPDate.parse(text).map { .seconds(max(0, $0 - now)) }
    }

    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { (0..<1e9).contains($0) ? $0 : nil }
    }
}
