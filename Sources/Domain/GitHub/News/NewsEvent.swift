package import JSON

/// Something that happened to a branch or a pull request on GitHub, whether a webhook or polling reported it.
package struct NewsEvent: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case push, review
        /// A comment on a line of a pull request.
        case lineComment = "line_comment"
        case comment
        /// A check run, or a commit status.
        case check
        /// A run of a workflow of Actions, whose jobs are check runs.
        case workflow
        /// A pull request was merged, closed or reopened.
        case pull
    }

    /// A commit of a push.
    package struct Commit: Sendable, Hashable {
        package let sha: String
        package let subject: String
        /// The message has the trailer of commits that were made here.
        package let hasTrailer: Bool
    }

    package let kind: Kind
    /// GitHub's id of the review, comment or check.
    package var id = ""
    /// `owner/name`; GitHub ignores its case.
    package let repository: String
    /// The branch, if it is in this repository.
    package var branch: String?
    /// The number of the pull request.
    package var pull: Int?
    /// The commit that a push ends at, or that a check is about.
    package var sha: String?
    /// The commit that a push began at.
    package var before: String?
    /// The account that did it.
    package var author: String?
    /// The author's relation to the repository, in GitHub's words: `OWNER`, `MEMBER`, `COLLABORATOR`, `NONE`, ….
    package var association: String?
    /// A review's or check's verdict, `merged`, `closed`, `reopened`, or `forced`, `created` and `deleted` of a push.
    package var state: String?
    /// What the author wrote, shortened.
    package var text: String?
    package var path: String?
    package var line: Int?
    /// The check's or workflow's name.
    package var name: String?
    /// The page on GitHub, or the check's own page.
    package var url: String?
    /// The review that a line comment is part of.
    package var review: String?
    /// The newest last.
    package var commits: [Commit] = []
    /// Milliseconds since 1970; nil if unknown.
    package var at: Int64?

    package init(_ kind: Kind, repository: String) {
        self.kind = kind
        self.repository = repository
    }

    /// Identifies it in a thread: the same for a webhook's report and a poll's.
    package var key: String {
        switch self.kind {
        case .push where self.state == "forced":
            "push:\(self.branch ?? ""):\(self.before ?? "")...\(self.sha ?? "")"
        case .push: "push:\(self.branch ?? ""):\(self.sha ?? "deleted")"
        case .pull: "pull:\(self.pull ?? 0):\(self.state ?? ""):\(self.id)"
        default: "\(self.kind.rawValue):\(self.id)"
        }
    }

    /// The push, cut off after an earlier one of its commits.
    package func part(upTo commit: String) -> NewsEvent {
        var part = self
        part.sha = commit
        part.state = nil
        part.commits = []
        return part
    }

    /// Whether it is a text of somebody who may not push to the repository, as far as GitHub says.
    package var isByOutsider: Bool {
        switch self.kind {
        case .review, .lineComment, .comment: FixItem.writer(self.association) == .outsider
        case .push, .check, .workflow, .pull: false
        }
    }

    /// Whether it reports a failed check or workflow.
    package var isFailure: Bool {
        guard self.kind == .check || self.kind == .workflow else { return false }
        return ["failure", "timed_out", "startup_failure", "error", "action_required"].contains(self.state)
    }
}

/// The form in which events are stored.
extension NewsEvent {
    package var json: JSON {
        var object: JSONObject = ["kind": .string(self.kind.rawValue), "repository": .string(self.repository)]
        if !self.id.isEmpty { object["id"] = .string(self.id) }
        let texts: [(String, String?)] = [
            ("branch", self.branch), ("sha", self.sha), ("before", self.before), ("author", self.author),
            ("association", self.association), ("state", self.state), ("text", self.text), ("path", self.path),
            ("name", self.name), ("url", self.url), ("review", self.review),
        ]
        for (key, text) in texts { if let text { object[key] = .string(text) } }
        if let pull = self.pull { object["pull"] = JSON(pull) }
        if let line = self.line { object["line"] = JSON(line) }
        if let at = self.at { object["at"] = .integer(at) }
        if !self.commits.isEmpty {
            object["commits"] = .array(
                self.commits.map {
                    ["sha": .string($0.sha), "subject": .string($0.subject), "own": .bool($0.hasTrailer)]
                })
        }
        return .object(object)
    }

    package init?(json: JSON) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init), let repository = json["repository"]?.stringValue
        else { return nil }
        self.init(kind, repository: repository)
        self.id = json["id"]?.stringValue ?? ""
        self.branch = json["branch"]?.stringValue
        self.pull = json["pull"]?.intValue
        self.sha = json["sha"]?.stringValue
        self.before = json["before"]?.stringValue
        self.author = json["author"]?.stringValue
        self.association = json["association"]?.stringValue
        self.state = json["state"]?.stringValue
        self.text = json["text"]?.stringValue
        self.path = json["path"]?.stringValue
        self.line = json["line"]?.intValue
        self.name = json["name"]?.stringValue
        self.url = json["url"]?.stringValue
        self.review = json["review"]?.stringValue
        self.at = json["at"]?.intValue.map { Int64($0) }
        self.commits = (json["commits"]?.arrayValue ?? []).compactMap { commit in
            guard let sha = commit["sha"]?.stringValue, let subject = commit["subject"]?.stringValue else { return nil }
            return Commit(sha: sha, subject: subject, hasTrailer: commit["own"]?.boolValue ?? false)
        }
    }
}
