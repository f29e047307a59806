internal import Markdown
internal import Primitives
internal import Repositories

/// The viewer's pages; here their shared parts.
struct ViewerPages: Sendable {
    var layout: ViewerLayout

    init(theme: ViewerLayout.Theme? = nil) {
        self.layout = ViewerLayout(theme: theme)
    }

    /// The repository's page, the ref, and the path from the root to `path`; the last step has no link.
    func crumbs(repository: String, ref: String, path: String) -> [ViewerLayout.Crumb] {
        let steps = path.split(separator: "/").map(String.init)
        var crumbs = [
            ViewerLayout.Crumb(title: repository, path: ViewerPath.repository(repository)),
            ViewerLayout.Crumb(title: Self.short(ref), path: steps.isEmpty ? nil : ViewerPath.tree(repository, ref)),
        ]
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            let target = ViewerPath.tree(repository, ref, steps[...index].joined(separator: "/"))
            crumbs.append(ViewerLayout.Crumb(title: step, path: isLast ? nil : target))
        }
        return crumbs
    }

    /// A ref for people: a full hash is shortened.
    static func short(_ ref: String) -> String {
        ref.utf8.count == 40 && ref.allSatisfy(\.isHexDigit) ? String(ref.prefix(7)) : ref
    }

    /// A link to the page of a file or folder; only its text if it has none.
    static func link(_ text: HTML, to target: @autoclosure () -> String, of path: String) -> HTML {
        guard ViewerPath.hasPage(path) else { return text }
        return "<a href=\"\(target())\">\(text)</a>"
    }

    /// Says that a list goes on.
    static func note(ofFirst count: Int) -> HTML {
        "<p class=\"note\">Only the first \(count) are shown. Clone the repository for the rest.</p>"
    }

    /// 1,234 bytes as `1.2 kB`.
    static func size(_ bytes: Int) -> String {
        if bytes < 1000 { return bytes.counted("byte") }
        let (unit, name) = bytes < 1_000_000 ? (1000, "kB") : (1_000_000, "MB")
        return "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)"
    }
}

extension ViewerPages {
    /// The full text of an answer, linked from networks with short messages.
    func answer(title: String, thread: String, text: String, time: CommitTime) -> HTML {
        let rendered = HTML(trusted: Markdown.html(text))
        return self.layout.page(
            title: title,
            crumbs: [
                ViewerLayout.Crumb(title: title, path: "/#/t/\(thread)"),
                ViewerLayout.Crumb(title: "Answer", path: nil),
            ], isNarrow: true,
            body: """
                <h1 class="off">\(title)</h1>\
                <article class="card"><div class="bar"><b>Jetbridge</b><time class="faint" datetime="\(time.machine)">\(time.text)</time></div>\
                <div class="rendered prose">\(rendered)</div></article>
                """)
    }
}

extension ViewerPages {
    /// Entries of a folder: browsers cannot lay out hundreds of thousands of rows.
    static let rowLimit = 5_000
    /// Of all rows in bytes, because each may have a long link.
    static let rowBytes = 4 << 20

    func tree(_ tree: ViewerTree) -> HTML {
        let (rows, isCut) = self.rows(of: tree.entries, in: tree.repository, tree.ref, path: tree.path)
        let note: HTML = isCut ? Self.note(ofFirst: rows.count) : ""
        let list: HTML =
            rows.isEmpty
            ? "<p class=\"note\">This folder is empty.</p>"
            : "<table class=\"files\"><caption class=\"off\">Files</caption><tbody>\(HTML.join(rows))</tbody></table>"
        let bar: HTML = """
            <div class="bar"><span class="faint">\(Self.short(tree.ref))</span>\
            <span class="faint num">\(isCut ? "first " : "")\(rows.count) \(rows.count == 1 ? "entry" : "entries")</span></div>
            """
        return self.layout.page(
            title: tree.path.isEmpty ? tree.repository : "\(tree.path) · \(tree.repository)",
            crumbs: self.crumbs(repository: tree.repository, ref: tree.ref, path: tree.path),
            body: """
                <h1 class="off">\(VisibleText.line(tree.path.isEmpty ? tree.repository : tree.path))</h1>\
                <section class="card" aria-label="Files">\(bar)\(list)\(note)</section>
                """)
    }

    /// The entries of the folder `folder`: folders first, otherwise in the order that they have, which is that of their
    /// bytes. They are not compared as text, because a name may be one long run of marks.
    func rows(
        of entries: [ViewerTree.Entry], in repository: String, _ ref: String, path folder: String
    ) -> (rows: [HTML], isCut: Bool) {
        var rows: [HTML] = []
        var bytes = 0
        for entry in entries.filter({ $0.kind == .folder }) + entries.filter({ $0.kind != .folder }) {
            let row = self.row(entry, in: repository, ref, path: folder)
            bytes += row.text.utf8.count
            guard rows.count < Self.rowLimit, bytes <= Self.rowBytes else { return (rows, true) }
            rows.append(row)
        }
        return (rows, false)
    }

    /// An entry of the folder `folder`.
    private func row(_ entry: ViewerTree.Entry, in repository: String, _ ref: String, path folder: String) -> HTML {
        let path = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
        let name = ViewerPath.shown(entry.name)
        let size: HTML = entry.size.map { "\(Self.size($0))" } ?? ""
        let (kind, cell): (HTML, HTML) =
            switch entry.kind {
            case .folder: ("folder", Self.link("\(name)/", to: ViewerPath.tree(repository, ref, path), of: path))
            case .file: ("file", Self.link("\(name)", to: ViewerPath.blob(repository, ref, path), of: path))
            case .link: ("link", Self.link("\(name)", to: ViewerPath.blob(repository, ref, path), of: path))
            case .submodule: ("submodule", "\(name)")
            }
        return "<tr><td class=\"kind\">\(kind)</td><td>\(cell)</td><td class=\"num faint\">\(size)</td></tr>"
    }
}

extension ViewerPages {
    /// In bytes; larger files can only be downloaded.
    static let blobLimit = 1_000_000
    /// A row of the table has a hundred bytes besides its line, which may be empty.
    static let lineLimit = 20_000

    /// - Parameter isSource: Whether to show a Markdown file unrendered.
    func blob(_ blob: ViewerBlob, isSource: Bool) -> HTML {
        let bar: HTML = """
            <div class="bar"><span class="faint">\(Self.short(blob.ref))</span><span class="faint num">\(self.facts(of: blob))</span>\
            <span class="spacer"></span><span class="links">\(Self.edit(blob))\(self.toggle(of: blob, isSource: isSource))\
            <a href="\(ViewerPath.raw(blob.repository, blob.ref, blob.path))" download>Download</a></span></div>
            """
        return self.layout.page(
            title: "\(blob.path) · \(blob.repository)",
            crumbs: self.crumbs(repository: blob.repository, ref: blob.ref, path: blob.path),
            isColoured: Self.hasCode(blob, isSource: isSource),
            body: """
                <h1 class="off">\(VisibleText.line(blob.path))</h1>\
                <section class="card" aria-label="\(VisibleText.line(blob.path))">\(bar)\
                \(self.content(of: blob, isSource: isSource))</section>
                """)
    }

    /// Whether the page has the lines of the file.
    static func hasCode(_ blob: ViewerBlob, isSource: Bool) -> Bool {
        guard let bytes = blob.bytes, !blob.isBinary, !bytes.isEmpty, bytes.count <= Self.blobLimit else {
            return false
        }
        return (isSource || !blob.isMarkdown) && Self.lineCount(of: bytes) <= Self.lineLimit
    }

    /// A commit's hash is no branch, and what it has does not change.
    private static func edit(_ blob: ViewerBlob) -> HTML {
        let isBelow = ["docs/", "specs/"].contains { blob.path.utf8.starts(with: $0.utf8) }
        let isBranch = Self.short(blob.ref) == blob.ref
        let size = blob.bytes?.count ?? .max
        guard isBelow, isBranch, blob.isMarkdown, !blob.isBinary, size <= Document.sizeLimit else { return "" }
        return "<a href=\"\(ViewerPath.editor(blob.repository, blob.ref, blob.path))\">Edit</a> "
    }

    private func facts(of blob: ViewerBlob) -> String {
        guard let bytes = blob.bytes else { return "over \(Self.size(Self.blobLimit))" }
        let size = Self.size(bytes.count)
        guard !blob.isBinary, bytes.count <= Self.blobLimit else { return size }
        return "\(Self.lineCount(of: bytes).counted("line")), \(size)"
    }

    private func toggle(of blob: ViewerBlob, isSource: Bool) -> HTML {
        guard blob.isMarkdown, !blob.isBinary, let bytes = blob.bytes, bytes.count <= Self.blobLimit else { return "" }
        let path = ViewerPath.blob(blob.repository, blob.ref, blob.path)
        return isSource ? "<a href=\"\(path)\">Rendered</a>" : "<a href=\"\(path)?view=source\">Source</a>"
    }

    private func content(of blob: ViewerBlob, isSource: Bool) -> HTML {
        if blob.isBinary { return "<p class=\"note\">Binary file; its content is not shown.</p>" }
        guard let bytes = blob.bytes, bytes.count <= Self.blobLimit else {
            return Self.tooLarge(Self.size(Self.blobLimit))
        }
        if bytes.isEmpty { return "<p class=\"note\">Empty file.</p>" }
        if blob.isMarkdown, !isSource {
            let html = Markdown.html(String(decoding: bytes, as: UTF8.self))
            return "<div class=\"rendered prose\">\(HTML(trusted: html))</div>"
        }
        if Self.lineCount(of: bytes) > Self.lineLimit { return Self.tooLarge(Self.lineLimit.counted("line")) }
        var rows: HTML = ""
        for (index, line) in Self.lines(of: bytes).enumerated() {
            let number = index + 1
            rows += """
                <tr><td class="line" id="L\(number)"><a href="#L\(number)" data-n="\(number)" aria-label="Line \(number)"></a></td>\
                <td>\(VisibleText.line(Self.trimmed(Array(line))))</td></tr>
                """
        }
        return "<div class=\"scroll\" tabindex=\"0\"><table class=\"code\"><tbody>\(rows)</tbody></table></div>"
    }

    private static func tooLarge(_ limit: String) -> HTML {
        "<p class=\"note\">Too large to show (over \(limit)). Download it instead.</p>"
    }

    private static func lineCount(of bytes: [UInt8]) -> Int {
        let lineFeed = UInt8(ascii: "\n")
        return bytes.count { $0 == lineFeed } + (bytes.isEmpty || bytes.last == lineFeed ? 0 : 1)
    }

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
