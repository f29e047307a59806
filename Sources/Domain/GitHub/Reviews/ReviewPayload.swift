internal import JSON

/// The data behind the question “post this review?”.
package struct ReviewPayload: Sendable, Hashable {
    /// The configured name.
    package let repository: String
    package let number: Int
    /// The commit whose diff the lines belong to.
    package let commit: String
    /// The operation that made the review.
    package let id: String
    package let findings: [ReviewFinding]
    /// Whether the choice had “request changes”: nobody can request changes of their own pull request.
    package let canRequestChanges: Bool

    package init(
        repository: String, number: Int, commit: String, id: String, findings: [ReviewFinding],
        canRequestChanges: Bool
    ) {
        self.repository = repository
        self.number = number
        self.commit = commit
        self.id = id
        self.findings = findings
        self.canRequestChanges = canRequestChanges
    }

    package init?(_ text: String) {
        guard let json = try? JSON.parse(text), let repository = json["repository"]?.stringValue,
            let number = json["number"]?.intValue, let commit = json["commit"]?.stringValue,
            let id = json["id"]?.stringValue, let findings = json["findings"]?.arrayValue
        else { return nil }
        self.init(
            repository: repository, number: Int(number), commit: commit, id: id,
            findings: findings.compactMap { ReviewFinding($0) },
            canRequestChanges: json["changes"]?.boolValue ?? false)
    }

    package var text: String {
        JSON.object([
            "repository": .string(self.repository), "number": JSON(self.number), "commit": .string(self.commit),
            "id": .string(self.id), "findings": .array(self.findings.map(\.json)),
            "changes": .bool(self.canRequestChanges),
        ]).text
    }
}
