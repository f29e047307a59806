/// What a patch does to one file.
struct FilePatch: Equatable {
    enum Kind: Equatable { case add, delete, update }

    var kind: Kind
    let path: String
    /// Its new path, if it is renamed.
    var target: String?
    var hunks: [PatchHunk] = []
    /// Pieces to replace, in the place of hunks.
    var edits: [TextEdit] = []
    /// Nil keeps the mode.
    var isExecutable: Bool?
}

/// A block of lines to replace, with lines around it.
struct PatchHunk: Equatable {
    struct Line: Equatable {
        enum Kind: Equatable { case context, removed, added }

        let kind: Kind
        /// With the carriage return that the patch may have.
        let text: [UInt8]
        /// The patch says that the file ends with it, without a line break.
        var isUnfinished = false
    }

    var lines: [Line] = []
    /// The number of the first old line as the patch has it; often wrong.
    var hint: Int?
    /// Lines of the file above the block.
    var anchors: [String] = []
    /// The block is the end of the file.
    var isAtEnd = false

    var old: [Line] { self.lines.filter { $0.kind != .added } }
    var new: [Line] { self.lines.filter { $0.kind != .removed } }
    var hasMarks: Bool { self.lines.contains(where: \.isUnfinished) }

    static func fileLines(_ lines: [Line]) -> [FileLine] {
        lines.map { line in
            let hasReturn = line.text.last == 0x0D
            return FileLine(
                text: hasReturn ? line.text.dropLast() : line.text[...],
                end: line.isUnfinished ? .none : hasReturn ? .carriageReturn : .lineFeed)
        }
    }
}
