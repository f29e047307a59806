internal import Markdown

extension ViewerPages {
    /// In bytes; larger files can only be downloaded.
    static let blobLimit = 1_000_000

    /// - Parameter isSource: Whether to show a Markdown file unrendered.
    func blob(_ blob: ViewerBlob, isSource: Bool) -> HTML {
        let bar: HTML = """
            <div class="bar"><span class="faint">\(Self.short(blob.ref))</span><span class="faint num">\(self.facts(of: blob))</span>\
            <span class="spacer"></span><span class="links">\(self.toggle(of: blob, isSource: isSource))\
            <a href="\(ViewerPath.raw(blob.repository, blob.ref, blob.path))" download>Download</a></span></div>
            """
        return self.layout.page(
            title: "\(blob.path) · \(blob.repository)",
            crumbs: self.crumbs(repository: blob.repository, ref: blob.ref, path: blob.path),
            body:
                "<section class=\"card\" aria-label=\"\(VisibleText.of(blob.path))\">\(bar)\(self.content(of: blob, isSource: isSource))</section>"
        )
    }

    private func facts(of blob: ViewerBlob) -> String {
        let size = Self.size(blob.bytes.count)
        guard !blob.isBinary, blob.bytes.count <= Self.blobLimit else { return size }
        return "\(Self.count(Self.lines(of: blob.bytes).count, "line", "lines")), \(size)"
    }

    private func toggle(of blob: ViewerBlob, isSource: Bool) -> HTML {
        guard blob.isMarkdown, !blob.isBinary, blob.bytes.count <= Self.blobLimit else { return "" }
        let path = ViewerPath.blob(blob.repository, blob.ref, blob.path)
        return isSource ? "<a href=\"\(path)\">Rendered</a>" : "<a href=\"\(path)?view=source\">Source</a>"
    }

    private func content(of blob: ViewerBlob, isSource: Bool) -> HTML {
        if blob.isBinary { return "<p class=\"note\">Binary file; its content is not shown.</p>" }
        if blob.bytes.count > Self.blobLimit {
            return
                "<p class=\"note\">Too large to show (over \(Self.size(Self.blobLimit))). Download it instead.</p>"
        }
        if blob.bytes.isEmpty { return "<p class=\"note\">Empty file.</p>" }
        if blob.isMarkdown, !isSource {
            let html = Markdown.html(String(decoding: blob.bytes, as: UTF8.self))
            return "<div class=\"rendered prose\">\(HTML(trusted: html))</div>"
        }
        var rows: HTML = ""
        for (index, line) in Self.lines(of: blob.bytes).enumerated() {
            let number = index + 1
            rows += """
                <tr><td class="line" id="L\(number)"><a href="#L\(number)" data-n="\(number)" aria-label="Line \(number)"></a></td>\
                <td>\(VisibleText.of(Self.trimmed(Array(line))))</td></tr>
                """
        }
        return "<div class=\"scroll\" tabindex=\"0\"><table class=\"code\"><tbody>\(rows)</tbody></table></div>"
    }

    private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
