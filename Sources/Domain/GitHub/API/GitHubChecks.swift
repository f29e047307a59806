/// All checks of a commit.
package struct GitHubChecks: Sendable, Hashable {
    package let checks: [GitHubCheck]

    package init(_ checks: [GitHubCheck]) { self.checks = checks }

    package var passed: Int { self.count(.passed) }
    package var pending: Int { self.count(.pending) }
    package var failed: [GitHubCheck] { self.checks.filter { $0.state == .failed } }

    /// Failed if any failed, else pending if any is; nil without checks.
    package var state: GitHubCheck.State? {
        if !self.failed.isEmpty { return .failed }
        if self.pending > 0 { return .pending }
        return self.checks.isEmpty ? nil : .passed
    }

    /// `3 passed, 1 failed, 2 pending`.
    package var summary: String {
        let counts = [(self.passed, "passed"), (self.failed.count, "failed"), (self.pending, "pending")]
        let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return words.isEmpty ? "no checks" : words.joined(separator: ", ")
    }

    private func count(_ state: GitHubCheck.State) -> Int { self.checks.count { $0.state == state } }
}
