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
        if let summary = material.summary.map({ NewsWords.plain($0, limit: 1_000) }), !summary.isEmpty {
            parts.append(summary)
        }
        let stories = material.stories.prefix(self.storyLimit).map { "- \(NewsWords.plain($0, limit: 200))" }
        if !stories.isEmpty {
            let more = material.stories.count - stories.count
            parts.append((["**User stories**", ""] + stories + Self.more(more)).joined(separator: "\n"))
        }
        let documents = material.documents.prefix(self.documentLimit).map { document in
            "[\(NewsWords.plain(document.label, limit: 80))](\(document.url))"
        }
        if !documents.isEmpty { parts.append("**Documents:** \(documents.joined(separator: " · "))") }
        if material.tasks > 0 { parts.append("**Tasks:** \(material.tasksDone)/\(material.tasks) done") }
        let commits = material.commits.prefix(self.commitLimit).map { commit in
            "- \(commit.id.prefix(7)) \(NewsWords.plain(commit.subject, limit: 150))"
        }
        if !commits.isEmpty {
            let count = max(material.commitCount, commits.count)
            let head = "**\(count == 1 ? "1 commit" : "\(count) commits")**"
            parts.append(([head, ""] + commits + Self.more(count - commits.count)).joined(separator: "\n"))
        }
        if let asker = material.asker.map({ NewsWords.plain($0, limit: 60) }), !asker.isEmpty {
            let network = material.network.map { " on \(NewsWords.plain($0, limit: 40))" } ?? ""
            parts.append("Requested by \(asker)\(network).")
        }
        return ([self.opening(material.thread)] + parts + [self.closing(material.thread)]).joined(separator: "\n\n")
    }

    /// A description with our part renewed. A description without one gets it at its end.
    package static func merged(_ section: String, into body: String) -> String {
        guard let opening = body.firstRange(of: self.openings) else {
            let kept = Self.withoutBlankEnd(body)
            return kept.isEmpty ? section : "\(kept)\n\n\(section)"
        }
        let before = body[..<opening.lowerBound]
        guard let closing = body[opening.upperBound...].firstRange(of: self.closings),
            let end = body[closing.upperBound...].firstRange(of: "-->")
        else {
            // Somebody removed the second mark, so nothing says where our part ends: everything is kept.
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
