/// Reads SEARCH/REPLACE blocks, each below its file's path; a block without one belongs to the file before.
struct BlockReader {
    private let lines: [[UInt8]]

    init(lines: [[UInt8]]) { self.lines = lines }

    static func isSearch(_ line: [UInt8]) -> Bool { Self.isMark(line, "<", "SEARCH") }

    /// Five to nine signs, and the word.
    private static func isMark(_ line: [UInt8], _ sign: Character, _ word: String) -> Bool {
        let text = line.lineText
        let signs = text.prefix { $0 == sign }.count
        return 5...9 ~= signs && text.dropFirst(signs).trimming().uppercased() == word
    }

    mutating func read() throws(ToolFailure) -> [FilePatch] {
        var patches: [FilePatch] = []
        var path: String?
        var last: String?
        var index = 0
        while index < self.lines.count {
            defer { index += 1 }
            guard Self.isSearch(self.lines[index]) else {
                if let named = Self.path(self.lines[index]) { last = named }
                continue
            }
            guard let name = last ?? path else {
                throw ToolFailure("Line \(index + 1) of the patch: the file's path is missing above the block.")
            }
            (path, last) = (name, nil)
            let first = index + 1
            guard let middle = self.lines[first...].firstIndex(where: { Self.isMark($0, "=", "") }),
                let end = self.lines[(middle + 1)...].firstIndex(where: { Self.isMark($0, ">", "REPLACE") })
            else {
                throw ToolFailure(
                    "Line \(index + 1) of the patch: the block lacks its ======= or >>>>>>> REPLACE. Nothing ran.")
            }
            let old = Self.text(self.lines[first..<middle])
            let new = Self.text(self.lines[(middle + 1)..<end])
            if old.isEmpty {
                let lines = self.lines[(middle + 1)..<end].map { PatchHunk.Line(kind: .added, text: $0) }
                patches.append(FilePatch(kind: .add, path: name, hunks: [PatchHunk(lines: lines, hint: 0)]))
            } else if let last = patches.indices.last, patches[last].path == name, patches[last].kind == .update {
                patches[last].edits.append(TextEdit(old: old, new: new))
            } else {
                patches.append(FilePatch(kind: .update, path: name, edits: [TextEdit(old: old, new: new)]))
            }
            index = end
        }
        return patches
    }

    private static func text(_ lines: ArraySlice<[UInt8]>) -> String {
        String(decoding: lines.flatMap { $0 + [0x0A] }, as: UTF8.self)
    }

    /// A line that may be a path: not a fence, not a sentence.
    private static func path(_ line: [UInt8]) -> String? {
        var text = line.lineText.trimming()
        if text.isEmpty || text.hasPrefix("```") { return nil }
        for prefix in ["### ", "## ", "# ", "File: ", "file: "] where text.hasPrefix(prefix) {
            text = text.dropFirst(prefix.count).trimming()
        }
        text = String(text.drop { "`*".contains($0) })
        while let last = text.last, "`*:".contains(last) { text.removeLast() }
        guard !text.isEmpty, text.utf8.count <= 1_024 else { return nil }
        return text.hasPrefix("\"") || !text.contains(" ") || text.contains("/") || text.contains(".") ? text : nil
    }
}
