internal import JSON

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
