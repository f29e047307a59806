internal import Primitives
internal import Store
internal import Threads

/// Renders every diff, of commits and of workspaces.
extension ViewerPages {
    /// The maximum number of lines of a diff, per file and per page: browsers cannot lay out hundreds of thousands of rows.
    static let linesPerFile = 1500
    static let linesPerPage = 6000

    /// A summary, the list of files, and the diff of each.
    ///
    /// - Parameters:
    ///   - rest: What to do where files are left out; a sentence.
    ///   - link: The page of a file, by its path after the change; nil without one.
    func changes(
        _ files: [ViewerFileChange], total: ViewerCommit.Total, rest: String, link: ((String) -> String)?
    ) -> HTML {
        "\(self.statistics(of: files, total))\(self.diffs(of: files, total, rest: rest, link: link))"
    }

    private func statistics(of files: [ViewerFileChange], _ total: ViewerCommit.Total) -> HTML {
        let rows = files.enumerated().map { index, file -> HTML in
            """
            <tr><td class="kind">\(file.kind.rawValue)</td><td><a href="#file-\(index + 1)">\(self.name(of: file))</a></td>\
            <td class="num">\(self.counts(of: file))</td></tr>
            """
        }
        let changed = "\(total.files.counted("file")) changed"
        let summary: HTML =
            "\(changed), <span class=\"added\">+\(total.additions)</span> <span class=\"removed\">−\(total.deletions)</span>"
        guard !rows.isEmpty else { return "<p class=\"stat\">No files changed.</p>" }
        return """
            <h2 class="stat">\(summary)</h2>
            <div class="card"><table class="files"><caption class="off">Changed files</caption><tbody>\(HTML.join(rows))</tbody></table></div>
            """
    }

    private func counts(of file: ViewerFileChange) -> HTML {
        if file.isBinary { return "<span class=\"faint\">binary</span>" }
        return "<span class=\"added\">+\(file.additions)</span> <span class=\"removed\">−\(file.deletions)</span>"
    }

    private func name(of file: ViewerFileChange) -> HTML {
        let isMoved = file.kind == .renamed || file.kind == .copied
        guard isMoved else { return "\(ViewerPath.shown(file.path))" }
        return "\(ViewerPath.shown(file.oldPath)) → \(ViewerPath.shown(file.newPath))"
    }

    private func diffs(
        of files: [ViewerFileChange], _ total: ViewerCommit.Total, rest: String, link: ((String) -> String)?
    ) -> HTML {
        var left = Self.linesPerPage
        let cards = files.enumerated().map { index, file in
            self.diff(of: file, number: index + 1, link: link, left: &left)
        }
        let missing = total.files - files.count
        guard missing > 0 else { return HTML.join(cards) }
        let more = missing.counted("more file")
        return "\(HTML.join(cards))<p class=\"note\">\(more) changed. \(rest)</p>"
    }

    private func diff(
        of file: ViewerFileChange, number: Int, link: ((String) -> String)?, left: inout Int
    ) -> HTML {
        let target = file.kind == .removed || !ViewerPath.hasPage(file.newPath) ? nil : link?(file.newPath)
        let link: HTML = target.map { "<a href=\"\($0)\">View the file</a>" } ?? ""
        let mode: HTML = file.mode.map { "<span class=\"faint\">\(VisibleText.line($0))</span>" } ?? ""
        return """
            <section class="card" id="file-\(number)" aria-label="\(ViewerPath.shown(file.path))"><div class="bar"><span class="path">\(self.name(of: file))</span>\
            <span class="num">\(self.counts(of: file))</span>\(mode)<span class="spacer"></span>\(link)</div>\(self.content(of: file, left: &left))</section>
            """
    }

    private func content(of file: ViewerFileChange, left: inout Int) -> HTML {
        if file.isBinary { return "<p class=\"note\">Binary or very large file; its content is not shown.</p>" }
        if file.hunks.isEmpty, file.isCut { return Self.tooLong }
        if file.hunks.isEmpty {
            return switch file.kind {
            case .modified: "<p class=\"note\">Only the file mode changed.</p>"
            case .added, .removed: "<p class=\"note\">The file is empty.</p>"
            case .renamed, .copied: "<p class=\"note\">The content did not change.</p>"
            }
        }
        let total = file.hunks.reduce(0) { $0 + $1.lines.count }
        let allowed = min(Self.linesPerFile, left)
        guard allowed > 0 else { return Self.tooLong }
        var shown = 0
        var rows: HTML = ""
        for hunk in file.hunks where shown < allowed {
            rows += "<tr class=\"hunk\"><td colspan=\"4\">\(VisibleText.line(hunk.header))</td></tr>"
            let lines = hunk.lines.prefix(allowed - shown)
            for line in lines { rows += self.row(line) }
            shown += lines.count
        }
        left -= shown
        let isCut = shown < total || file.isCut
        let note: HTML =
            isCut
            ? "<p class=\"note\">Only the first \(shown) lines of this diff are shown. Open the file for the rest.</p>"
            : ""
        return "<div class=\"scroll\" tabindex=\"0\"><table class=\"code\"><tbody>\(rows)</tbody></table></div>\(note)"
    }

    private static let tooLong: HTML =
        "<p class=\"note\">The diff is too long for one page. Open the file instead.</p>"

    private func row(_ line: ViewerFileChange.Line) -> HTML {
        let old: HTML = line.oldNumber.map { " data-n=\"\($0)\"" } ?? ""
        let new: HTML = line.newNumber.map { " data-n=\"\($0)\"" } ?? ""
        let (name, sign): (HTML, HTML) =
            switch line.kind {
            case .context: ("", " ")
            case .added: (" class=\"add\"", "+")
            case .removed: (" class=\"del\"", "−")
            case .noNewline: (" class=\"faint\"", "")
            }
        return """
            <tr\(name)><td class="line"\(old)></td><td class="line"\(new)></td><td class="sign">\(sign)</td>\
            <td>\(VisibleText.line(Self.trimmed(line.text)))</td></tr>
            """
    }

    /// The text without the line ending.
    static func trimmed(_ line: [UInt8]) -> ArraySlice<UInt8> {
        var line = line[...]
        if line.last == UInt8(ascii: "\n") { line.removeLast() }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return line
    }
}

extension ViewerPages {
    /// - Parameter session: The conversation that it comes from, if the reader may see it.
    func commit(_ commit: ViewerCommit, postedIn session: SessionRecord? = nil) -> HTML {
        let conversation: HTML =
            session.map { session in
                let title = session.shownTitle.isEmpty ? "Untitled" : session.shownTitle
                return "<dt>Conversation</dt><dd><a href=\"/#/t/\(session.id)\">\(VisibleText.line(title))</a></dd>"
            } ?? ""
        let short = String(commit.sha.prefix(7))
        let details: HTML = commit.details.isEmpty ? "" : "<div class=\"message\">\(Self.lines(of: commit))</div>"
        let body: HTML = """
            <h1>\(VisibleText.line(commit.subject))</h1>\(details)
            <dl class="facts"><dt>Commit</dt><dd><code>\(commit.sha)</code> · \
            <a href="\(ViewerPath.tree(commit.repository, commit.sha))">Files at this commit</a></dd>\(self.people(of: commit))\(self.parents(of: commit))\(conversation)</dl>
            \(self.changes(
                commit.files, total: commit.total, rest: "Read a commit of this size with git.",
                link: { ViewerPath.blob(commit.repository, commit.sha, $0) }))
            """
        return self.layout.page(
            title: "\(commit.subject) · \(commit.repository)@\(short)",
            crumbs: [
                ViewerLayout.Crumb(title: commit.repository, path: ViewerPath.repository(commit.repository)),
                ViewerLayout.Crumb(title: short, path: nil),
            ], isColoured: true, body: body)
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
            <b>\(VisibleText.line(person.name))</b> <span class="faint">&lt;\(VisibleText.line(person.email))&gt;</span> · \
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

    /// Of a commit's message that is shown, in bytes, and in lines.
    private static let (messageLimit, messageLines) = (256 << 10, 2_000)

    /// Its message, with a link to the task that it names, unless that is one of a feature.
    private static func lines(of commit: ViewerCommit) -> HTML {
        // By bytes: a path may have a long run of marks.
        let end = "/tasks.md".utf8
        let isOfFeature = commit.files.contains { file in
            file.path.utf8.starts(with: "specs/".utf8) && file.path.utf8.suffix(end.count).elementsEqual(end)
        }
        let key = "Jetbridge-Task: "
        let details = commit.details
        let shown = details.beginning(bytes: Self.messageLimit)
        let lines = shown.split(
            maxSplits: Self.messageLines, omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let isCut = shown.utf8.count < details.utf8.count || lines.count > Self.messageLines
        let rest: [HTML] = isCut ? ["… The message is longer. Read it with git."] : []
        return HTML.join(
            lines.prefix(Self.messageLines).map { line -> HTML in
                guard !isOfFeature, line.hasPrefix(key) else { return "\(VisibleText.line(String(line)))" }
                let id = String(line.dropFirst(key.count))
                return "\(key)<a href=\"\(ViewerPath.task(commit.repository, id))\">\(VisibleText.line(id))</a>"
            } + rest, separator: "\n")
    }
}

extension ViewerPages {
    /// The uncommitted changes of a thread's workspace, as they are now.
    func workingDiff(_ diff: FileDiffs, of thread: String, title: String) -> HTML {
        let total = ViewerCommit.Total(
            files: diff.files.count, additions: diff.additions, deletions: diff.deletions)
        let cut: HTML =
            diff.isCut
            ? "<p class=\"note\">The diff is longer than what is shown here. Commit, or read the files.</p>" : ""
        let body: HTML = """
            <h1>Uncommitted changes</h1>\
            <p class="branch-line">What differs now in the conversation's workspace from its branch's last commit.</p>\
            \(self.changes(diff.files.map(ViewerFileChange.init), total: total, rest: "", link: nil))\(cut)
            """
        return self.layout.page(
            title: "Uncommitted changes · \(title)",
            crumbs: [
                ViewerLayout.Crumb(title: title, path: "/#/t/\(thread)"),
                ViewerLayout.Crumb(title: "Uncommitted changes", path: nil),
            ], isColoured: true, body: body)
    }
}

extension ViewerFileChange {
    init(_ diff: FileDiff) {
        var mode: String?
        if let old = diff.oldMode, let new = diff.newMode, old != new { mode = "mode \(old) → \(new)" }
        self.init(
            kind: Kind(diff.kind), oldPath: diff.oldPath, newPath: diff.newPath, additions: diff.additions,
            deletions: diff.deletions, isBinary: diff.isBinary, hunks: diff.hunks.map(Hunk.init), isCut: diff.isCut,
            mode: mode)
    }
}

extension ViewerFileChange.Kind {
    init(_ kind: FileDiff.Kind) {
        self =
            switch kind {
            case .added: .added
            case .removed: .removed
            case .modified: .modified
            case .renamed: .renamed
            case .copied: .copied
            }
    }
}

extension ViewerFileChange.Hunk {
    init(_ hunk: FileDiff.Hunk) {
        var (old, new) = (hunk.oldStart, hunk.newStart)
        self.init(
            header: hunk.header,
            lines: hunk.lines.map { line in
                let text = Array(line.utf8.dropFirst())
                switch line.utf8.first {
                case UInt8(ascii: "+"):
                    defer { new += 1 }
                    return ViewerFileChange.Line(kind: .added, oldNumber: nil, newNumber: new, text: text)
                case UInt8(ascii: "-"):
                    defer { old += 1 }
                    return ViewerFileChange.Line(kind: .removed, oldNumber: old, newNumber: nil, text: text)
                case UInt8(ascii: "\\"):
                    return ViewerFileChange.Line(
                        kind: .noNewline, oldNumber: nil, newNumber: nil, text: Array("No newline at end of file".utf8))
                default:
                    defer { (old, new) = (old + 1, new + 1) }
                    return ViewerFileChange.Line(kind: .context, oldNumber: old, newNumber: new, text: text)
                }
            })
    }
}
