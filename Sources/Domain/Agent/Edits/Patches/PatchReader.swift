internal import Primitives

/// Reads a patch in whichever form a model writes it. Pure.
enum PatchReader {
    static func read(_ text: String) throws(ToolFailure) -> [FilePatch] {
        let lines = Self.unfenced(text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) })
        let patches: [FilePatch]
        if lines.contains(where: Self.isEnvelope) {
            var reader = EnvelopeReader(lines: lines)
            patches = try reader.read()
        } else if lines.contains(where: { BlockReader.isSearch($0) }) {
            var reader = BlockReader(lines: lines)
            patches = try reader.read()
        } else {
            var reader = DiffReader(lines: lines)
            patches = try reader.read()
        }
        guard !patches.isEmpty else { throw ToolFailure(Self.unknown) }
        guard patches.count <= ToolLimits.patchFiles else {
            throw ToolFailure("The patch changes more than \(ToolLimits.patchFiles) files: send several patches.")
        }
        guard patches.reduce(0, { $0 + $1.hunks.count + $1.edits.count }) <= ToolLimits.patchHunks else {
            throw ToolFailure("The patch has more than \(ToolLimits.patchHunks) hunks: send several patches.")
        }
        for patch in patches where patch.kind == .update && patch.hunks.isEmpty && patch.edits.isEmpty {
            guard patch.target != nil || patch.isExecutable != nil else {
                throw ToolFailure("\(VisibleText.line(patch.path)): the patch has no change for this file.")
            }
        }
        return patches
    }

    static let unknown = """
        The text is not a patch. Send a unified diff (--- a/FILE, +++ b/FILE, @@), a patch between *** Begin Patch and \
        *** End Patch, or SEARCH/REPLACE blocks below their file's path.
        """

    private static func isEnvelope(_ line: [UInt8]) -> Bool {
        ["*** Begin Patch", "*** Update File: ", "*** Add File: ", "*** Delete File: "].contains {
            line.starts(with: $0.utf8)
        }
    }

    /// Without a Markdown code fence around the whole.
    private static func unfenced(_ lines: [[UInt8]]) -> [[UInt8]] {
        var lines = lines[...]
        while let first = lines.first, first.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { lines.removeFirst() }
        guard lines.first?.starts(with: "```".utf8) == true else { return Array(lines) }
        var end = lines
        while let last = end.last, last.allSatisfy({ $0 == 0x20 || $0 == 0x0D }) { end.removeLast() }
        guard end.count > 2, end.last?.starts(with: "```".utf8) == true, end.last?.count ?? 9 <= 4 else {
            return Array(lines)
        }
        return Array(end.dropFirst().dropLast())
    }
}

extension [UInt8] {
    /// As text, without the carriage return of its line break.
    var lineText: String { String(decoding: self.last == 0x0D ? self.dropLast() : self[...], as: UTF8.self) }

    /// What follows `prefix`, as text without blanks around it; nil without the prefix.
    func text(after prefix: String) -> String? {
        self.starts(with: prefix.utf8)
            ? String(decoding: self.dropFirst(prefix.utf8.count), as: UTF8.self).trimming() : nil
    }
}
