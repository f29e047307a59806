internal import Primitives

/// The title and the description of a pull request. Pure.
///
/// Our part of the description is between two marks, and only it is replaced: what people write around it stays.
package enum PullRequestText {
    static let storyLimit = 20
    static let documentLimit = 30
    package static let commitLimit = 30
    private static let titleLimit = 200

    /// The given title, else the feature's, else the newest commit's subject.
    package static func title(_ given: String?, _ material: PullRequestMaterial) -> String {
        let candidates = [given, material.title, material.commits.first?.subject]
        for text in candidates.compactMap(\.self) {
            let line = GitHubText.line(text, limit: self.titleLimit)
            if !line.isEmpty { return line }
        }
        return "Changes"
    }

    // MARK: The description

    private static let openings = "<!-- jetbridge:"
    private static let closings = "<!-- /jetbridge:"

    static func opening(_ thread: String) -> String { "\(self.openings)\(OwnMark.name(thread)) -->" }

    static func closing(_ thread: String) -> String { "\(self.closings)\(OwnMark.name(thread)) -->" }

    /// Our part with its marks.
    package static func section(_ material: PullRequestMaterial) -> String {
        var parts: [String] = []
        if let summary = material.summary.map({ GitHubTexts.plain($0, limit: 1_000) }), !summary.isEmpty {
            parts.append(summary)
        }
        let stories = material.stories.prefix(self.storyLimit).map { "- \(GitHubTexts.plain($0, limit: 200))" }
        if !stories.isEmpty {
            let more = material.stories.count - stories.count
            parts.append((["**User stories**", ""] + stories + Self.more(more)).joined(separator: "\n"))
        }
        let documents = material.documents.prefix(self.documentLimit).map { document in
            "[\(GitHubTexts.plain(document.label, limit: 80))](\(document.url))"
        }
        if !documents.isEmpty { parts.append("**Documents:** \(documents.joined(separator: " · "))") }
        let named = material.namedTasks.map { "- [\(GitHubTexts.plain($0.label, limit: 150))](\($0.url))" }
        if !named.isEmpty { parts.append((["**Works on**", ""] + named).joined(separator: "\n")) }
        if material.tasks > 0 { parts.append("**Tasks:** \(material.tasksDone)/\(material.tasks) done") }
        let commits = material.commits.prefix(self.commitLimit).map { commit in
            "- \(commit.id.prefix(7)) \(GitHubTexts.plain(commit.subject, limit: 150))"
        }
        if !commits.isEmpty {
            let count = max(material.commitCount, commits.count)
            let head = "**\(count.counted("commit"))**"
            parts.append(([head, ""] + commits + Self.more(count - commits.count)).joined(separator: "\n"))
        }
        if let asker = material.asker.map({ GitHubTexts.plain($0, limit: 60) }), !asker.isEmpty {
            let network = material.network.map { " on \(GitHubTexts.plain($0, limit: 40))" } ?? ""
            parts.append("Requested by \(asker)\(network).")
        }
        return ([self.opening(material.thread)] + parts + [self.closing(material.thread)]).joined(separator: "\n\n")
    }

    /// The description with our part replaced, or appended if it is missing.
    package static func merged(_ section: String, into body: String) -> String {
        guard let opening = body.firstRange(of: self.openings) else {
            let kept = Self.withoutBlankEnd(body)
            return kept.isEmpty ? section : "\(kept)\n\n\(section)"
        }
        let before = body[..<opening.lowerBound]
        guard let closing = body[opening.upperBound...].firstRange(of: self.closings),
            let end = body[closing.upperBound...].firstRange(of: "-->")
        else {
            // Someone removed the second mark, so the end of our part is unknown: everything is kept.
            let rest = body[opening.upperBound...]
            let text = rest.firstRange(of: "-->").map { rest[$0.upperBound...] } ?? rest
            return "\(Self.withoutBlankEnd(before + text))\n\n\(section)"
        }
        return "\(before)\(section)\(body[end.upperBound...])"
    }

    private static func more(_ count: Int) -> [String] { count > 0 ? ["- and \(count) more"] : [] }

    private static func withoutBlankEnd(_ text: some StringProtocol) -> String {
        var text = String(text)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

/// The material for the description of a branch's pull request.
package struct PullRequestMaterial: Sendable, Hashable {
    package struct Document: Sendable, Hashable {
        package let label: String
        package let url: String

        package init(label: String, url: String) {
            self.label = label
            self.url = url
        }
    }

    package struct Commit: Sendable, Hashable {
        package let id: String
        package let subject: String

        package init(id: String, subject: String) {
            self.id = id
            self.subject = subject
        }
    }

    /// The thread's session, which the marks name.
    package var thread: String
    /// The feature's title; nil without a feature.
    package var title: String?
    /// The first paragraph about the feature.
    package var summary: String?
    package var stories: [String] = []
    package var documents: [Document] = []
    package var tasksDone = 0
    package var tasks = 0
    /// Of the repository's own list.
    package var namedTasks: [Document] = []
    /// The newest first.
    package var commits: [Commit] = []
    /// The total number, which exceeds ``commits`` if the list was cut.
    package var commitCount = 0
    /// The person's display name, and the network.
    package var asker: String?
    package var network: String?

    package init(thread: String) { self.thread = thread }
}
