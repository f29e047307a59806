/// A line of a file, and how it ends. The lines of a file, joined, are its bytes.
struct FileLine: Equatable {
    enum End: Equatable {
        /// The file ends without a line break.
        case none
        case lineFeed
        case carriageReturn

        var bytes: [UInt8] {
            switch self {
            case .none: []
            case .lineFeed: [0x0A]
            case .carriageReturn: [0x0D, 0x0A]
            }
        }
    }

    /// Without the line break.
    var text: ArraySlice<UInt8>
    var end: End

    /// The lines, or some of them.
    ///
    /// - Parameters:
    ///   - first: The index of the first line that is wanted.
    ///   - most: How many are wanted.
    static func split(_ bytes: [UInt8], from first: Int = 0, most: Int = .max) -> [FileLine] {
        var lines: [FileLine] = []
        var index = 0
        var start = bytes.startIndex
        while lines.count < most, let feed = bytes[start...].firstIndex(of: 0x0A) {
            if index >= first {
                let hasReturn = feed > start && bytes[feed - 1] == 0x0D
                lines.append(
                    FileLine(
                        text: bytes[start..<(hasReturn ? feed - 1 : feed)],
                        end: hasReturn ? .carriageReturn : .lineFeed))
            }
            index += 1
            start = feed + 1
        }
        if lines.count < most, index >= first, start < bytes.endIndex {
            lines.append(FileLine(text: bytes[start...], end: .none))
        }
        return lines
    }

    /// A line takes more memory than the line break that makes it.
    private static let mostLines = 500_000

    /// The lines of a file that is edited.
    static func split(file bytes: [UInt8]) throws(EditFailure) -> [FileLine] {
        let count = Self.count(in: bytes)
        guard count <= Self.mostLines else {
            throw EditFailure(
                .invalid,
                "The file has \(count) lines. Only files of at most \(Self.mostLines) lines can be edited so.")
        }
        return Self.split(bytes)
    }

    /// How many lines ``split(_:from:most:)`` would make.
    static func count(in bytes: [UInt8]) -> Int {
        bytes.count { $0 == 0x0A } + (bytes.last == 0x0A || bytes.isEmpty ? 0 : 1)
    }

    /// Without the line breaks.
    static func bytes(of lines: some Sequence<FileLine>) -> Int { lines.reduce(0) { $0 + $1.text.count } }

    static func split(_ text: String) -> [FileLine] { Self.split(Array(text.utf8)) }

    static func join(_ lines: some Sequence<FileLine>) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            bytes += line.text
            bytes += line.end.bytes
        }
        return bytes
    }

    /// What a new line of the file ends with: what most of its lines end with.
    static func style(of lines: some Sequence<FileLine>) -> End {
        var balance = 0
        for line in lines where line.end != .none { balance += line.end == .carriageReturn ? 1 : -1 }
        return balance > 0 ? .carriageReturn : .lineFeed
    }

    /// The text with the carriage return that belongs to its line break.
    var raw: ArraySlice<UInt8> { self.end == .carriageReturn ? self.text + [0x0D] : self.text }

    var isBlank: Bool { self.text.allSatisfy(Self.isBlank) }

    /// The blanks and tabs at the beginning.
    var indent: ArraySlice<UInt8> { self.text.prefix(while: Self.isBlank) }

    /// By more than ``IndentChange/longestIndent``.
    var isIndentedTooFar: Bool { self.indent.count > IndentChange.longestIndent }

    var withoutTrailingBlanks: ArraySlice<UInt8> {
        var text = self.text
        while let last = text.last, Self.isBlank(last) { text.removeLast() }
        return text
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
