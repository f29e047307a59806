package import JSON
internal import Primitives

/// Reads GitHub's objects, which are the same in webhook payloads and in API answers. Pure.
package enum NewsReader {
    /// The trailer of commits that are made here.
    private static let trailer = "Jetbridge-Turn:"
    /// In characters.
    private static let textLimit = 4_000
    private static let subjectLimit = 120
    private static let commitLimit = 50

    static func push(_ payload: JSON, in repository: String) -> NewsEvent? {
        guard let reference = payload["ref"]?.stringValue, reference.hasPrefix("refs/heads/") else { return nil }
        var event = NewsEvent(.push, repository: repository)
        event.branch = String(reference.dropFirst("refs/heads/".count))
        event.sha = payload["deleted"]?.boolValue == true ? nil : payload["after"]?.stringValue
        event.before = payload["before"]?.stringValue
        event.author = self.login(payload["sender"]) ?? payload["pusher"]?["name"]?.stringValue
        event.url = payload["compare"]?.stringValue
        event.commits = (payload["commits"]?.arrayValue ?? []).suffix(self.commitLimit).compactMap { commit in
            guard let sha = commit["id"]?.stringValue else { return nil }
            return self.commit(sha, commit["message"]?.stringValue ?? "")
        }
        event.state =
            payload["deleted"]?.boolValue == true
            ? "deleted"
            : payload["created"]?.boolValue == true ? "created" : payload["forced"]?.boolValue == true ? "forced" : nil
        return event
    }

    static func commit(_ sha: String, _ message: String) -> NewsEvent.Commit {
        let subject = message.prefix { !$0.isNewline }
        let hasTrailer = message.split(whereSeparator: \.isNewline).contains { $0.hasPrefix(self.trailer) }
        return NewsEvent.Commit(
            sha: sha, subject: String(subject.prefix(self.subjectLimit)), hasTrailer: hasTrailer)
    }

    /// A review; nil for one without text, whose comments are reported separately.
    package static func review(_ review: JSON, ofPull pull: Int, in repository: String) -> NewsEvent? {
        guard let id = review["id"]?.intValue, let state = review["state"]?.stringValue?.lowercased(),
            ["approved", "changes_requested", "commented"].contains(state)
        else { return nil }
        var event = self.written(.review, review, id, pull, repository)
        event?.state = state
        event?.at = self.time(review["submitted_at"])
        event?.sha = review["commit_id"]?.stringValue
        return event
    }

    package static func lineComment(_ comment: JSON, ofPull pull: Int, in repository: String) -> NewsEvent? {
        guard let id = comment["id"]?.intValue else { return nil }
        var event = self.written(.lineComment, comment, id, pull, repository)
        event?.path = comment["path"]?.stringValue
        event?.line = comment["line"]?.intValue ?? comment["original_line"]?.intValue
        event?.review = comment["pull_request_review_id"]?.intValue.map { "\($0)" }
        event?.at = self.time(comment["created_at"])
        return event
    }

    package static func comment(_ comment: JSON, ofPull pull: Int, in repository: String) -> NewsEvent? {
        guard let id = comment["id"]?.intValue else { return nil }
        var event = self.written(.comment, comment, id, pull, repository)
        event?.at = self.time(comment["created_at"])
        return event
    }

    /// The fields that all texts of people share; nil for texts that this program posted.
    private static func written(
        _ kind: NewsEvent.Kind, _ object: JSON, _ id: Int, _ pull: Int, _ repository: String
    ) -> NewsEvent? {
        let text = object["body"]?.stringValue ?? ""
        guard !OwnMark.isIn(text) else { return nil }
        var event = NewsEvent(kind, repository: repository)
        event.id = "\(id)"
        event.pull = pull
        event.author = self.login(object["user"])
        event.association = object["author_association"]?.stringValue
        event.text = self.shortened(text)
        event.url = object["html_url"]?.stringValue
        return event
    }

    /// A check run that has ended; nil while it runs.
    package static func check(_ check: JSON, in repository: String) -> NewsEvent? {
        guard check["status"]?.stringValue == "completed", let id = check["id"]?.intValue else { return nil }
        var event = NewsEvent(.check, repository: repository)
        event.id = "\(id)"
        event.branch = check["check_suite"]?["head_branch"]?.stringValue
        event.pull = check["pull_requests"]?[0]?["number"]?.intValue
        event.sha = check["head_sha"]?.stringValue
        event.state = check["conclusion"]?.stringValue
        event.name = check["name"]?.stringValue
        event.url = check["html_url"]?.stringValue ?? check["details_url"]?.stringValue
        event.text = check["output"]?["summary"]?.stringValue.map { self.shortened($0) }
        event.at = self.time(check["completed_at"])
        return event
    }

    /// A commit status of a service without check runs.
    package static func status(_ status: JSON, of sha: String, in repository: String) -> NewsEvent? {
        guard let id = status["id"]?.intValue, let state = status["state"]?.stringValue, state != "pending" else {
            return nil
        }
        var event = NewsEvent(.check, repository: repository)
        event.id = "status-\(id)"
        event.branch = status["branches"]?[0]?["name"]?.stringValue
        event.sha = sha
        event.state = state
        event.name = status["context"]?.stringValue
        event.text = status["description"]?.stringValue
        event.url = status["target_url"]?.stringValue
        event.at = self.time(status["updated_at"])
        return event
    }

    static func workflow(_ run: JSON, in repository: String) -> NewsEvent? {
        guard let id = run["id"]?.intValue, run["status"]?.stringValue == "completed" else { return nil }
        var event = NewsEvent(.workflow, repository: repository)
        event.id = "\(id):\(run["run_attempt"]?.intValue ?? 1)"
        let head = run["head_repository"]?["full_name"]?.stringValue ?? repository
        event.branch = head.lowercased() == repository.lowercased() ? run["head_branch"]?.stringValue : nil
        event.pull = run["pull_requests"]?[0]?["number"]?.intValue
        event.sha = run["head_sha"]?.stringValue
        event.state = run["conclusion"]?.stringValue
        event.name = run["name"]?.stringValue
        event.url = run["html_url"]?.stringValue
        event.at = self.time(run["updated_at"])
        return event
    }

    /// A pull request whose state is news.
    ///
    /// - Parameter state: `reopened` when the report says so; an object alone only shows that it is open.
    package static func pull(_ pull: JSON, isReopened: Bool = false, in repository: String) -> NewsEvent? {
        guard let number = pull["number"]?.intValue else { return nil }
        var event = NewsEvent(.pull, repository: repository)
        event.pull = number
        event.branch = self.headBranch(of: pull, in: repository)
        event.sha = pull["head"]?["sha"]?.stringValue
        event.url = pull["html_url"]?.stringValue
        if isReopened {
            event.state = "reopened"
            event.id = pull["updated_at"]?.stringValue ?? ""
            return event
        }
        guard pull["state"]?.stringValue == "closed" else { return nil }
        let isMerged = pull["merged"]?.boolValue == true || pull["merged_at"]?.stringValue != nil
        event.state = isMerged ? "merged" : "closed"
        event.id = pull["closed_at"]?.stringValue ?? ""
        event.author = isMerged ? self.login(pull["merged_by"]) : nil
        event.at = self.time(pull["closed_at"])
        return event
    }

    /// The branch that a pull request proposes, if it is in the same repository.
    package static func headBranch(of pull: JSON, in repository: String) -> String? {
        let head = pull["head"]?["repo"]?["full_name"]?.stringValue
        return head?.lowercased() == repository.lowercased() ? pull["head"]?["ref"]?.stringValue : nil
    }

    /// In bytes first: a character may be as long as the text.
    private static func shortened(_ text: String) -> String {
        String(text.beginning(bytes: 4 * self.textLimit).prefix(self.textLimit))
    }

    static func login(_ user: JSON?) -> String? { user?["login"]?.stringValue }

    private static func time(_ value: JSON?) -> Int64? {
        (value?.stringValue).flatMap { CivilTime.milliseconds(rfc3339: $0) }
    }
}
