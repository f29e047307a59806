extension ViewerPages {
    func commit(_ commit: ViewerCommit) -> HTML {
        let short = String(commit.sha.prefix(7))
        let details: HTML = commit.details.isEmpty ? "" : "<div class=\"message\">\(Self.lines(commit.details))</div>"
        let body: HTML = """
            <h1>\(VisibleText.of(commit.subject))</h1>\(details)
            <dl class="facts"><dt>Commit</dt><dd><code>\(commit.sha)</code> · \
            <a href="\(ViewerPath.tree(commit.repository, commit.sha))">Files at this commit</a></dd>\(self.people(of: commit))\(self.parents(of: commit))</dl>
            \(self.changes(
                commit.files, total: commit.total, rest: "Read a commit of this size with git.",
                link: { ViewerPath.blob(commit.repository, commit.sha, $0) }))
            """
        return self.layout.page(
            title: "\(commit.subject) · \(commit.repository)@\(short)",
            crumbs: [
                ViewerLayout.Crumb(title: commit.repository, path: ViewerPath.repository(commit.repository)),
                ViewerLayout.Crumb(title: short, path: nil),
            ], body: body)
    }

    private func people(of commit: ViewerCommit) -> HTML {
        let author: HTML = "<dt>Author</dt><dd>\(self.person(commit.author))</dd>"
        let isSame = commit.author.name == commit.committer.name && commit.author.email == commit.committer.email
        if isSame { return author }
        return "\(author)<dt>Committed by</dt><dd>\(self.person(commit.committer))</dd>"
    }

    private func person(_ person: ViewerCommit.Person) -> HTML {
        let time = CommitTime(seconds: person.seconds, offset: person.offset)
        return """
            <b>\(VisibleText.of(person.name))</b> <span class="faint">&lt;\(VisibleText.of(person.email))&gt;</span> · \
            <time datetime="\(time.machine)">\(time.text)</time>
            """
    }

    private func parents(of commit: ViewerCommit) -> HTML {
        guard !commit.parents.isEmpty else { return "<dt>Parent</dt><dd>none: the first commit</dd>" }
        let links = commit.parents.map { sha -> HTML in
            "<a href=\"\(ViewerPath.commit(commit.repository, sha))\"><code>\(String(sha.prefix(7)))</code></a>"
        }
        let title = links.count == 1 ? "Parent" : "Parents"
        return "<dt>\(title)</dt><dd>\(HTML.join(links, separator: " "))</dd>"
    }

    /// Normalises line endings, so that ``VisibleText`` keeps them.
    private static func lines(_ text: String) -> HTML {
        HTML.join(
            text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
                .map { "\(VisibleText.of(String($0)))" }, separator: "\n")
    }
}
