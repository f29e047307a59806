internal import Primitives

/// A branch's commits, newest first.
package struct ViewerLog: Sendable {
    package struct Commit: Sendable {
        package let sha: String
        package let subject: String
        package let author: String
        /// Seconds since 1970.
        package let seconds: Int64
        /// Minutes east of UTC.
        package let offset: Int
    }

    package let repository: String
    package let ref: String
    package let commits: [Commit]
    /// The commit with which the next page begins; nil at the end.
    package let next: String?

    /// Commits of one page.
    static let pageSize = 100
}

extension ViewerPages {
    func commits(_ log: ViewerLog) -> HTML {
        let rows = log.commits.map { commit -> HTML in
            let time = CommitTime(seconds: commit.seconds, offset: commit.offset)
            return """
                <li><a class="subject" href="\(ViewerPath.commit(log.repository, commit.sha))">\
                <code>\(String(commit.sha.prefix(7)))</code> \(VisibleText.line(commit.subject))</a>\
                <span class="branch faint">\(VisibleText.line(commit.author))</span>\
                <time class="faint num" datetime="\(time.machine)">\(time.text)</time></li>
                """
        }
        let older: HTML =
            log.next.map { next in
                "<p><a href=\"\(ViewerPath.commits(log.repository, log.ref, from: next))\" rel=\"next\">Older commits</a></p>"
            } ?? ""
        let body: HTML = """
            <h1>Commits</h1>
            <p class="branch-line">of <b>\(VisibleText.line(Self.short(log.ref)))</b></p>
            <section class="card" aria-label="Commits"><ul class="branches commits">\(HTML.join(rows))</ul></section>\(older)
            """
        return self.layout.page(
            title: "Commits of \(log.ref) · \(log.repository)",
            crumbs: [
                ViewerLayout.Crumb(title: log.repository, path: ViewerPath.repository(log.repository)),
                ViewerLayout.Crumb(title: Self.short(log.ref), path: ViewerPath.tree(log.repository, log.ref)),
                ViewerLayout.Crumb(title: "Commits", path: nil),
            ], body: body)
    }
}
