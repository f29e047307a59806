internal import Primitives

/// Reads a unified diff, with or without Git's headers.
struct DiffReader {
    private let lines: [[UInt8]]
    private var index = 0
    /// The line with text that follows an empty one; found once for all empty ones before it.
    private var nextText = 0
    private var patches: [FilePatch] = []

    init(lines: [[UInt8]]) { self.lines = lines }

    mutating func read() throws(ToolFailure) -> [FilePatch] {
        while self.index < self.lines.count {
            if self.line(at: self.index, has: "diff --git ") {
                try self.readGitHeader()
            } else if self.isFileHeader(at: self.index) {
                try self.readFileHeader(of: nil)
            } else if self.line(at: self.index, has: "@@") {
                guard !self.patches.isEmpty else {
                    throw ToolFailure("The patch lacks --- a/FILE and +++ b/FILE above its first @@.")
                }
                try self.readHunk()
            } else if self.line(at: self.index, has: "GIT binary patch")
                || self.line(at: self.index, has: "Binary files ")
            {
                throw ToolFailure("The patch changes a binary file. Only text can be patched.")
            } else {
                self.index += 1
            }
        }
        return self.patches
    }

    private func line(at index: Int, has prefix: String) -> Bool {
        index < self.lines.count && self.lines[index].starts(with: prefix.utf8)
    }

    private func isFileHeader(at index: Int) -> Bool {
        self.line(at: index, has: "--- ") && self.line(at: index + 1, has: "+++ ")
    }

    // MARK: Headers

    private mutating func readGitHeader() throws(ToolFailure) {
        let name = Self.oldName(String(self.lines[self.index].lineText.dropFirst("diff --git ".count)))
        var patch = FilePatch(kind: .update, path: name)
        var from: String?
        self.index += 1
        while self.index < self.lines.count, !self.line(at: self.index, has: "diff --git ") {
            let line = self.lines[self.index]
            if line.starts(with: "@@".utf8) || self.isFileHeader(at: self.index) { break }
            if let mode = line.text(after: "new file mode ") {
                patch.kind = .add
                if mode.hasPrefix("120") || mode.hasPrefix("160") {
                    throw ToolFailure("The patch adds a symbolic link or a submodule. Only files can be patched.")
                }
                if mode == "100755" { patch.isExecutable = true }
            } else if line.starts(with: "deleted file mode ".utf8) {
                patch.kind = .delete
            } else if let mode = line.text(after: "new mode ") {
                patch.isExecutable = mode == "100755"
            } else if let name = line.text(after: "rename from ") {
                from = name
            } else if let name = line.text(after: "rename to ") {
                patch.target = name
            } else if line.starts(with: "copy from ".utf8) {
                throw ToolFailure("The patch copies a file, which is not possible here: add it as a new file.")
            } else if line.starts(with: "GIT binary patch".utf8) || line.starts(with: "Binary files ".utf8) {
                throw ToolFailure("The patch changes a binary file. Only text can be patched.")
            }
            self.index += 1
        }
        if let from {
            patch = FilePatch(kind: patch.kind, path: from, target: patch.target, isExecutable: patch.isExecutable)
        }
        if self.isFileHeader(at: self.index) {
            try self.readFileHeader(of: patch)
        } else {
            guard !patch.path.isEmpty else { throw ToolFailure("The patch does not name its file: add --- and +++.") }
            self.patches.append(patch)
        }
    }

    /// `---` and `+++`, which tell an added and a deleted file too.
    private mutating func readFileHeader(of patch: FilePatch?) throws(ToolFailure) {
        let old = Self.name(self.lines[self.index], "--- ")
        let new = Self.name(self.lines[self.index + 1], "+++ ")
        self.index += 2
        let hasPrefixes =
            (old == Self.nothing || old.hasPrefix("a/")) && (new == Self.nothing || new.hasPrefix("b/"))
        let (oldPath, newPath) = hasPrefixes ? (String(old.dropFirst(2)), String(new.dropFirst(2))) : (old, new)
        var made: FilePatch
        if old == Self.nothing {
            made = FilePatch(kind: .add, path: newPath)
        } else if new == Self.nothing {
            made = FilePatch(kind: .delete, path: oldPath)
        } else {
            made = FilePatch(kind: .update, path: oldPath, target: oldPath == newPath ? nil : newPath)
        }
        made.isExecutable = patch?.isExecutable
        self.patches.append(made)
    }

    private static let nothing = "/dev/null"

    /// A name of `---` or `+++`; a time may follow a tab.
    private static func name(_ line: [UInt8], _ prefix: String) -> String {
        let text = String(line.lineText.dropFirst(prefix.count))
        if text.hasPrefix("\"") { return Self.moved(text.trimming()) }
        return text.split(separator: "\t", omittingEmptySubsequences: false).first?.trimming() ?? ""
    }

    /// The first name of `diff --git`; the second is the same but for its first letter, or another header names both.
    private static func oldName(_ text: String) -> String {
        if text.hasPrefix("\"") {
            guard let middle = text.firstRange(of: "\" ") else { return "" }
            return Self.withoutPrefix(Self.moved(String(text[..<middle.lowerBound]) + "\""))
        }
        let half = text.utf8.count / 2
        let (old, new) = (Array(text.utf8.prefix(half)), Array(text.utf8.dropFirst(half + 1)))
        guard old.dropFirst().elementsEqual(new.dropFirst()) else { return "" }
        return Self.withoutPrefix(String(decoding: old, as: UTF8.self))
    }

    private static func withoutPrefix(_ name: String) -> String {
        name.hasPrefix("a/") || name.hasPrefix("b/") ? String(name.dropFirst(2)) : name
    }

    /// Git quotes names with special bytes as C does, and so do the tools. Only the prefix is moved out of the quotes.
    private static func moved(_ text: String) -> String {
        guard text.hasPrefix("\"a/") || text.hasPrefix("\"b/") else { return text }
        return text.dropFirst().prefix(2) + "\"" + text.dropFirst(3)
    }

    // MARK: Hunks

    /// `-3,7 +3,8`, with or without what follows.
    static func isRange(_ text: String) -> Bool { Self.range(text) != nil }

    private static func range(_ text: some StringProtocol) -> (start: Int, old: Int, new: Int)? {
        let words = text.split(separator: " ")
        guard words.count >= 2, words[0].hasPrefix("-"), words[1].hasPrefix("+") else { return nil }
        let old = words[0].dropFirst().split(separator: ",").map { Self.number(String($0)) }
        let new = words[1].dropFirst().split(separator: ",").map { Self.number(String($0)) }
        guard let start = old.first ?? nil, new.first ?? nil != nil else { return nil }
        return (start, (old.count > 1 ? old[1] : 1) ?? 1, (new.count > 1 ? new[1] : 1) ?? 1)
    }

    /// Line numbers are only hints, so an impossible one is ignored.
    private static func number(_ text: String) -> Int? {
        text.utf8.count <= 9 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    private static func rest(_ head: Substring, after close: Range<String.Index>?) -> String {
        guard let close else { return "" }
        return head[close.upperBound...].trimming()
    }

    private mutating func readHunk() throws(ToolFailure) {
        let head = self.lines[self.index].lineText.dropFirst(2)
        self.index += 1
        var hunk = PatchHunk()
        let close = head.firstRange(of: "@@")
        let range = Self.range(head[..<(close?.lowerBound ?? head.endIndex)].trimming())
        // Git repeats a line of the file after the numbers.
        let anchor = range == nil ? String(head).replacing("@@", with: "").trimming() : Self.rest(head, after: close)
        if !anchor.isEmpty { hunk.anchors = [anchor] }
        // `-5,0`: after line 5.
        if let range { hunk.hint = range.old == 0 ? range.start + 1 : range.start }
        var (old, new) = (range?.old ?? 0, range?.new ?? 0)
        while self.index < self.lines.count {
            let line = self.lines[self.index]
            let isOpen = old > 0 || new > 0
            if !isOpen || range == nil || self.isHeader(at: self.index, isSure: true), self.isHeader(at: self.index) {
                break
            }
            switch line.first {
            case UInt8(ascii: " "):
                hunk.lines.append(PatchHunk.Line(kind: .context, text: Array(line.dropFirst())))
                (old, new) = (old - 1, new - 1)
            case UInt8(ascii: "-"):
                if !isOpen, range != nil, line.lineText.trimming() == "--" { break }
                hunk.lines.append(PatchHunk.Line(kind: .removed, text: Array(line.dropFirst())))
                old -= 1
            case UInt8(ascii: "+"):
                hunk.lines.append(PatchHunk.Line(kind: .added, text: Array(line.dropFirst())))
                new -= 1
            case UInt8(ascii: "\\"):
                if let last = hunk.lines.indices.last { hunk.lines[last].isUnfinished = true }
            case nil, 0x0D:
                // An empty context line without its blank. At the end of the hunk it does not count.
                if isOpen && self.hasMore(after: self.index) {
                    hunk.lines.append(PatchHunk.Line(kind: .context, text: line))
                    (old, new) = (old - 1, new - 1)
                } else if range == nil, self.hasMore(after: self.index) {
                    hunk.lines.append(PatchHunk.Line(kind: .context, text: line))
                }
            default:
                guard !isOpen else {
                    throw ToolFailure(
                        "Line \(self.index + 1) of the patch begins with none of blank, + and -: "
                            + VisibleText.of(line.prefix(80)))
                }
            }
            self.index += 1
        }
        guard !hunk.lines.isEmpty else { throw ToolFailure("A hunk of the patch has no lines.") }
        guard hunk.lines.contains(where: { $0.kind != .context }) else {
            throw ToolFailure("A hunk of the patch changes nothing: it has no line with + or -.")
        }
        self.patches[self.patches.count - 1].hunks.append(hunk)
    }

    /// Whether another file or hunk begins. `isSure`: even within a hunk whose numbers expect more lines, because models
    /// can't count them.
    private func isHeader(at index: Int, isSure: Bool = false) -> Bool {
        if self.line(at: index, has: "diff --git ") || self.line(at: index, has: "@@ ") { return true }
        guard self.isFileHeader(at: index) else { return self.line(at: index, has: "@@") && !isSure }
        return !isSure || self.line(at: index + 2, has: "@@")
    }

    /// Whether the hunk has more lines after an empty one.
    private mutating func hasMore(after index: Int) -> Bool {
        if self.nextText <= index {
            self.nextText =
                self.lines[(index + 1)...].firstIndex { !($0.isEmpty || $0 == [0x0D]) } ?? self.lines.count
        }
        let next = self.nextText
        guard next < self.lines.count else { return false }
        return !self.isHeader(at: next) && [0x20, 0x2B, 0x2D, 0x5C].contains(self.lines[next][0])
    }
}
