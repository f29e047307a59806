internal import Primitives

/// Reads the envelope that Codex uses: `*** Begin Patch`, sections of files, `*** End Patch`.
struct EnvelopeReader {
    private let lines: [[UInt8]]
    private var patches: [FilePatch] = []
    private var hunk = PatchHunk()
    /// The line with text that follows an empty one; found once for all empty ones before it.
    private var nextText = 0

    init(lines: [[UInt8]]) { self.lines = lines }

    mutating func read() throws(ToolFailure) -> [FilePatch] {
        for (index, line) in self.lines.enumerated() {
            if line.starts(with: "*** ".utf8), try self.readMark(line) { continue }
            // Words in front of the first section say nothing.
            guard let kind = self.patches.last?.kind else { continue }
            switch kind {
            case .delete: continue
            case .add: try self.readAdded(line, index)
            case .update: try self.readLine(line, index)
            }
        }
        self.endHunk()
        return self.patches
    }

    /// False for a line that only looks like a mark.
    private mutating func readMark(_ line: [UInt8]) throws(ToolFailure) -> Bool {
        if let path = line.text(after: "*** Add File:") {
            self.begin(FilePatch(kind: .add, path: path))
        } else if let path = line.text(after: "*** Delete File:") {
            self.begin(FilePatch(kind: .delete, path: path))
        } else if let path = line.text(after: "*** Update File:") {
            self.begin(FilePatch(kind: .update, path: path))
        } else if let path = line.text(after: "*** Move to:") {
            guard let last = self.patches.indices.last, self.patches[last].kind == .update else {
                throw ToolFailure("*** Move to: belongs below *** Update File:.")
            }
            self.patches[last].target = path
        } else if line.text(after: "*** End of File") != nil {
            self.hunk.isAtEnd = true
            self.endHunk()
        } else if line.text(after: "*** Begin Patch") == nil, line.text(after: "*** End Patch") == nil {
            return false
        }
        return true
    }

    private mutating func begin(_ patch: FilePatch) {
        self.endHunk()
        self.patches.append(patch)
        if patch.kind == .add { self.hunk = PatchHunk(hint: 0) }
    }

    private mutating func endHunk() {
        defer { self.hunk = PatchHunk() }
        guard !self.patches.isEmpty, !self.hunk.lines.isEmpty else { return }
        self.patches[self.patches.count - 1].hunks.append(self.hunk)
    }

    private mutating func readAdded(_ line: [UInt8], _ index: Int) throws(ToolFailure) {
        if line.first == UInt8(ascii: "+") {
            self.hunk.lines.append(PatchHunk.Line(kind: .added, text: Array(line.dropFirst())))
        } else if !line.lineText.trimming().isEmpty {
            throw ToolFailure("Line \(index + 1) of the patch: each line of an added file begins with +.")
        }
    }

    private mutating func readLine(_ line: [UInt8], _ index: Int) throws(ToolFailure) {
        if line.starts(with: "@@".utf8) {
            if !self.hunk.lines.isEmpty { self.endHunk() }
            var anchor = line.lineText.dropFirst(2).trimming()
            if anchor.hasSuffix("@@") { anchor = anchor.dropLast(2).trimming() }
            // Line numbers, as a unified diff has them, are no text of the file.
            if !anchor.isEmpty, !DiffReader.isRange(anchor) { self.hunk.anchors.append(anchor) }
            return
        }
        switch line.first {
        case UInt8(ascii: "+"): self.add(.added, line.dropFirst())
        case UInt8(ascii: "-"): self.add(.removed, line.dropFirst())
        case UInt8(ascii: " "): self.add(.context, line.dropFirst())
        case nil, 0x0D:
            // An empty line is one of the file, unless it stands before a mark.
            if self.nextText <= index {
                self.nextText =
                    self.lines[(index + 1)...].firstIndex { !$0.lineText.trimming().isEmpty } ?? self.lines.count
            }
            guard self.nextText < self.lines.count, case let next = self.lines[self.nextText],
                !next.starts(with: "*** ".utf8), !next.starts(with: "@@".utf8), !self.hunk.lines.isEmpty
            else { return }
            self.add(.context, line[...])
        default:
            throw ToolFailure(
                "Line \(index + 1) of the patch begins with none of blank, + and -: \(VisibleText.of(line.prefix(80)))")
        }
    }

    private mutating func add(_ kind: PatchHunk.Line.Kind, _ text: ArraySlice<UInt8>) {
        self.hunk.lines.append(PatchHunk.Line(kind: kind, text: Array(text)))
    }
}
