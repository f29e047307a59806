internal import Chat
package import Git
internal import Repositories
internal import Store

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

    /// The commits that name a task, newest first, with their subjects.
    package nonisolated func commits(of task: TaskRecord) async -> [(sha: String, url: String, subject: String)] {
        guard !task.id.hasPrefix("~"), let repository = try? self.repositories.repository(task.repository) else {
            return []
        }
        let commits = (try? await repository.commits(ofTask: task.id)) ?? []
        return commits.map { ($0.id.hex, self.pages.commit($0.id.hex, of: task.repository), $0.subject) }
    }

    /// The most words of commits that are looked up. Many others look like ids.
    private static let wordLimit = 50

    /// The tasks that commits name: in a trailer `Jetbridge-Task`, or by an id such as `T12` in the subject.
    package func tasks(
        namedBy commits: [GitCommit], except other: Set<String>, in name: String
    ) async throws -> [TaskRecord] {
        var ids: Set<String> = []
        for commit in commits {
            ids.formUnion(commit.trailers.filter { $0.key == "Jetbridge-Task" }.map(\.value))
            let words = commit.subject.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")) }.map(
                String.init)
            ids.formUnion(words.filter { $0.first?.isUppercase == true && $0.last?.isNumber == true })
        }
        let wanted = ids.subtracting(other).sorted().prefix(Self.wordLimit)
        guard !wanted.isEmpty else { return [] }
        let head = try await self.refresh(name)
        return try await self.store.read { ledger in
            try wanted.compactMap { id in try ledger.task(id, in: head.repository, at: head.commit) }
        }
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
