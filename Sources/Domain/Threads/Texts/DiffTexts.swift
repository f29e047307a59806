internal import Primitives

/// The card of uncommitted changes in a thread.
package enum DiffTexts {
    /// The files that are named.
    private static let shownFiles = 8
    /// A diff of more lines is left to the viewer.
    private static let shownLines = 20
    private static let nameLength = 120

    package static func url(of session: String, publicURL: String) -> String { "\(publicURL)/t/\(session)/diff" }

    /// Markdown: a line with the sizes and the link, one for each file, and a small diff itself.
    package static func card(of diff: String, in session: String, publicURL: String) -> String {
        let diffs = FileDiffs(diff)
        let files = "\(diffs.files.count.counted("file")) changed"
        let head =
            "\(files), +\(diffs.additions) −\(diffs.deletions)\(diffs.isCut ? " or more" : "") "
            + Self.url(of: session, publicURL: publicURL)
        var lines = diffs.files.prefix(Self.shownFiles).map(Self.line)
        if diffs.files.count > Self.shownFiles { lines.append("- +\(diffs.files.count - Self.shownFiles) more") }
        return ([head, lines.joined(separator: "\n")] + Self.small(diff)).joined(separator: "\n\n")
    }

    private static func line(_ file: FileDiff) -> String {
        let name = Self.code(file.path)
        let sizes = file.isBinary ? "binary" : "+\(file.additions) −\(file.deletions)"
        let more: String? =
            switch file.kind {
            case .added: "new"
            case .removed: "deleted"
            case .renamed: "from \(Self.code(file.oldPath))"
            case .copied: "copy of \(Self.code(file.oldPath))"
            case .modified: file.newMode.map { "mode \($0)" }
            }
        return "- \(name) \(sizes)\(more.map { ", \($0)" } ?? "")"
    }

    private static func code(_ path: String) -> String {
        EscapedText.code(VisibleText.strictLine(path).shortened(to: Self.nameLength))
    }

    /// The diff in a code block; nothing for a long one.
    private static func small(_ diff: String) -> [String] {
        guard diff.utf8.count <= 2000, diff.utf8.count(where: { $0 == UInt8(ascii: "\n") }) <= Self.shownLines else {
            return []
        }
        let block = EscapedText.fenced(VisibleText.strict(diff.hasSuffix("\n") ? String(diff.dropLast()) : diff))
        let end = block.firstIndex(of: "\n") ?? block.endIndex
        return ["\(block[..<end])diff\(block[end...])"]
    }
}
