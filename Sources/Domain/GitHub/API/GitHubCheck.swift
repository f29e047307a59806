package import JSON

/// One check of a commit: a check run, or a status of an older service.
package struct GitHubCheck: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case pending, passed, failed, skipped
    }

    package let name: String
    package let state: State
    package let url: String?
    /// At most 500 characters.
    package let summary: String
    /// Only of check runs.
    package let id: Int64?
    package let annotations: Int

    /// Reads a check run.
    init?(run json: JSON) {
        guard let name = json["name"]?.stringValue else { return nil }
        self.name = name
        self.id = json["id"]?.intValue.map { Int64($0) }
        self.url = (json["html_url"] ?? json["details_url"])?.stringValue
        let output = json["output"]
        let text = [output?["title"], output?["summary"]].compactMap { $0?.stringValue }.filter { !$0.isEmpty }
        self.summary = String(text.joined(separator: ": ").prefix(500))
        self.annotations = output?["annotations_count"]?.intValue ?? 0
        self.state =
            switch (json["status"]?.stringValue, json["conclusion"]?.stringValue) {
            case ("completed", "success"), ("completed", "neutral"): .passed
            case ("completed", "skipped"): .skipped
            case ("completed", "stale"), ("completed", nil): .pending
            case ("completed", _): .failed
            default: .pending
            }
    }

    /// Reads a status.
    init?(status json: JSON) {
        guard let name = json["context"]?.stringValue else { return nil }
        self.name = name
        self.id = nil
        self.url = json["target_url"]?.stringValue
        self.summary = String((json["description"]?.stringValue ?? "").prefix(500))
        self.annotations = 0
        self.state =
            switch json["state"]?.stringValue {
            case "success": .passed
            case "failure", "error": .failed
            default: .pending
            }
    }
}

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

/// What a check run says about a line.
package struct GitHubAnnotation: Sendable, Hashable {
    package let path: String
    package let line: Int
    /// `notice`, `warning`, `failure`.
    package let level: String
    package let message: String

    package init?(_ json: JSON?) {
        guard let json, let path = json["path"]?.stringValue else { return nil }
        self.path = path
        self.line = json["start_line"]?.intValue ?? 1
        self.level = json["annotation_level"]?.stringValue ?? "failure"
        self.message = String((json["message"]?.stringValue ?? "").prefix(2_000))
    }
}
