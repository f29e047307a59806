/// A jail's network request, audited once when it has ended.
package struct NetworkRequest: Sendable, Equatable {
    package enum Verdict: String, Sendable, CaseIterable {
        case allowed
        /// No rule allows it, its address isn't public, or it isn't a valid request. Nothing was connected.
        case refused
        /// It was allowed, but the name wasn't resolved or no connection was made.
        case failed
    }

    /// Empty if the request was too malformed to have one.
    package let method: String
    /// As requested, shortened; empty as for ``method``. The path isn't kept: it may contain secrets.
    package let host: String
    /// 0 as for ``method``.
    package let port: Int
    package let verdict: Verdict
    /// The rule that allowed it, or why it was refused or failed.
    package let reason: String
    /// Bytes from the jail to the server, and back; with the heads of plain HTTP.
    package let sent: Int
    package let received: Int

    package init(
        method: String, host: String, port: Int, verdict: Verdict, reason: String, sent: Int = 0, received: Int = 0
    ) {
        self.method = method
        self.host = host
        self.port = port
        self.verdict = verdict
        self.reason = reason
        self.sent = sent
        self.received = received
    }
}
