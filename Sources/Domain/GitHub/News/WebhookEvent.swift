package import JSON

/// The contents of a delivery of GitHub's webhook. Pure.
package enum WebhookEvent {
    /// The events to subscribe to.
    package static let names = [
        "check_run", "issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment", "push",
        "status", "workflow_run",
    ]

    /// - Parameter name: of the header `X-GitHub-Event`.
    package static func read(_ name: String, _ payload: JSON) -> NewsEvent? {
        guard let repository = payload["repository"]?["full_name"]?.stringValue else { return nil }
        let action = payload["action"]?.stringValue
        switch (name, action) {
        case ("push", _): return NewsReader.push(payload, in: repository)
        case ("pull_request_review", "submitted"):
            return self.ofPull(payload, repository) { pull in
                payload["review"].flatMap { NewsReader.review($0, ofPull: pull, in: repository) }
            }
        case ("pull_request_review_comment", "created"):
            return self.ofPull(payload, repository) { pull in
                payload["comment"].flatMap { NewsReader.lineComment($0, ofPull: pull, in: repository) }
            }
        case ("issue_comment", "created"):
            guard payload["issue"]?["pull_request"]?.objectValue != nil,
                let number = payload["issue"]?["number"]?.intValue
            else { return nil }
            return payload["comment"].flatMap { NewsReader.comment($0, ofPull: number, in: repository) }
        case ("check_run", "completed"): return payload["check_run"].flatMap { NewsReader.check($0, in: repository) }
        case ("workflow_run", "completed"):
            return payload["workflow_run"].flatMap { NewsReader.workflow($0, in: repository) }
        case ("status", _):
            return payload["sha"]?.stringValue.flatMap { NewsReader.status(payload, of: $0, in: repository) }
        case ("pull_request", "closed"), ("pull_request", "reopened"):
            var event = payload["pull_request"].flatMap {
                NewsReader.pull($0, isReopened: action == "reopened", in: repository)
            }
            if let sender = NewsReader.login(payload["sender"]) { event?.author = sender }
            return event
        default: return nil
        }
    }

    private static func ofPull(
        _ payload: JSON, _ repository: String, _ read: (Int) -> NewsEvent?
    ) -> NewsEvent? {
        guard let pull = payload["pull_request"], let number = pull["number"]?.intValue else { return nil }
        var event = read(number)
        event?.branch = NewsReader.headBranch(of: pull, in: repository)
        return event
    }
}
