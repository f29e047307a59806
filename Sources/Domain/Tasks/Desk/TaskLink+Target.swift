internal import Chat
internal import Git
internal import Repositories

extension TaskDesk {
    /// A link to an address or to a commit of a repository. Throws ``TaskError`` or ``RepositoryError``.
    package nonisolated func link(to target: String, in name: String?) async throws -> TaskWish.Change {
        if TaskText.isAddress(target) { return .link(text: TaskLink.label(of: target), url: target) }
        let repository = try self.repositories.repository(name)
        guard (7...64).contains(target.utf8.count), target.allSatisfy(\.isHexDigit) else {
            throw TaskError.invalid("“\(target)” is neither an address with https:// nor the hash of a commit")
        }
        let commit = try await repository.commitPage(target, limits: GitDiffLimits(lines: 1)).commit.id.hex
        return .link(text: String(commit.prefix(7)), url: self.pages.commit(commit, of: repository.name))
    }
}

extension TaskLink {
    /// `#34` for a pull request or an issue, the short hash of a commit, else the host and the last part.
    static func label(of address: String) -> String {
        let parts = address.split(separator: "/").map(String.init)
        guard let last = parts.last, parts.count > 2 else { return parts.last ?? address }
        let kind = parts[parts.count - 2]
        if ["pull", "pulls", "issues", "merge_requests"].contains(kind), Int(last) != nil { return "#\(last)" }
        if kind == "commit", last.allSatisfy(\.isHexDigit) { return String(last.prefix(7)) }
        return "\(parts[1])…/\(last.prefix(40))"
    }
}
