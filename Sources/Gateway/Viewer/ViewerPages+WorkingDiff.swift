internal import Primitives

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
            ], body: body)
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
