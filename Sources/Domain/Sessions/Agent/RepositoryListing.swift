/// What `repo` lists instead of choosing a repository: `github`, `branches` or `files [PATH] [on BRANCH]`, each with the
/// number of a page.
package struct RepositoryListing: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The repositories that the account sees on GitHub.
        case github
        case branches
        /// A folder; "" is the root. Without a branch it is the base.
        case files(path: String, branch: String?)
    }

    package let kind: Kind
    /// From 1.
    package let page: Int

    /// Nil for other words.
    package init?(_ text: String) {
        var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard !words.isEmpty else { return nil }
        let name = words.removeFirst().lowercased()
        var page = 1
        if let last = words.last.flatMap({ Int($0) }), (1...10_000).contains(last) {
            page = last
            words.removeLast()
        }
        self.page = page
        switch name {
        case "github" where words.isEmpty: self.kind = .github
        case "branches" where words.isEmpty: self.kind = .branches
        case "files":
            var branch: String?
            if words.count >= 2, words[words.count - 2].lowercased() == "on" {
                branch = words.removeLast()
                words.removeLast()
            }
            let path = words.joined(separator: " ").split(separator: "/").joined(separator: "/")
            self.kind = .files(path: path, branch: branch)
        default: return nil
        }
    }

    /// The words for another page.
    package func words(page: Int) -> String {
        switch self.kind {
        case .github: "repo github \(page)"
        case .branches: "repo branches \(page)"
        case .files(let path, let branch):
            (["repo files"] + [path.isEmpty ? nil : path, branch.map { "on \($0)" }].compactMap { $0 } + ["\(page)"])
                .joined(separator: " ")
        }
    }
}
