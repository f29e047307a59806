package import JSON

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
