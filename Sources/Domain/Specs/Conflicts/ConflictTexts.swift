internal import Git
internal import Repositories

/// What people read when somebody else has changed a branch.
enum ConflictTexts {
    private static let commitLimit = 3

    /// Both changes fit together.
    static func merged(_ commits: [GitCommit], on branch: String) -> String {
        "`\(branch)` had moved on (\(Self.list(commits))); both changes are in it now."
    }

    static func unchanged(_ branch: String) -> String {
        "Nothing to commit: `\(branch)` has exactly these documents."
    }

    /// The commits in one clause, newest first.
    static func list(_ commits: [GitCommit]) -> String {
        guard !commits.isEmpty else { return "by another program" }
        var parts = commits.prefix(Self.commitLimit).map { commit in
            "\(Self.plain(commit.author.name)): “\(Self.plain(commit.subject))”"
        }
        if commits.count > Self.commitLimit { parts.append("and \(commits.count - Self.commitLimit) more") }
        return parts.joined(separator: ", ")
    }

    /// One short line without marks of Markdown.
    private static func plain(_ text: String) -> String {
        let words = text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        let line = words.filter { !"`*_[]<>#|~\\".contains($0) }
        return line.count <= 60 ? line : "\(line.prefix(59))…"
    }
}
