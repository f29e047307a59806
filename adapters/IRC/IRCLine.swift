/// One line from the server: `[@tags SP] [:source SP] COMMAND *(SP param) [SP :trailing]`.
///
/// It stores only ranges into the bytes, so that an ignored line allocates no strings.
package struct IRCLine: Sendable {
    /// The line without its line break.
    package let bytes: ArraySlice<UInt8>
    /// The command in capitals, or three digits.
    package let command: String
    private let tagRange: Range<Int>
    private let sourceRange: Range<Int>
    private let parameterRanges: [Range<Int>]

    /// RFC 1459 §2.3: the fifteenth parameter takes the rest of the line.
    package static let maximumParameters = 15

    /// Parses a line; nil if it has no command.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var scanner = Scanner(bytes: bytes)
        self.bytes = bytes
        self.tagRange = scanner.word(after: UInt8(ascii: "@"))
        self.sourceRange = scanner.word(after: UInt8(ascii: ":"))
        let command = scanner.word()
        guard !command.isEmpty, command.count <= 32 else { return nil }
        self.command = String(decoding: bytes[command].lazy.map(IRCCasemapping.upper), as: UTF8.self)
        self.parameterRanges = scanner.parameters()
    }

    package init?(_ text: String) { self.init(Array(text.utf8)[...]) }

    /// The command as a number, if it is a numeric.
    package var numeric: Int? { self.command.utf8.count == 3 ? Int(self.command) : nil }

    package var count: Int { self.parameterRanges.count }

    /// The bytes of a parameter; empty if it is missing.
    package func raw(_ index: Int) -> ArraySlice<UInt8> {
        index < self.parameterRanges.count ? self.bytes[self.parameterRanges[index]] : []
    }

    /// A parameter as text; empty if it is missing.
    package func text(_ index: Int) -> String { IRCText.decode(self.raw(index)) }

    package var lastText: String { self.count == 0 ? "" : self.text(self.count - 1) }

    package var parameters: [String] { self.parameterRanges.map { IRCText.decode(self.bytes[$0]) } }

    /// The sender; nil if the line has none, which means the server itself, or one that is too long.
    package var source: IRCSource? {
        self.sourceRange.isEmpty || self.sourceRange.count > IRCSource.limit
            ? nil : IRCSource(bytes: self.bytes[self.sourceRange])
    }

    /// The bytes of the source's nick or server name.
    package var rawSourceName: ArraySlice<UInt8> {
        let source = self.bytes[self.sourceRange]
        return source.prefix { $0 != UInt8(ascii: "!") && $0 != UInt8(ascii: "@") }
    }

    package var hasTags: Bool { !self.tagRange.isEmpty }

    /// A tag's value, unescaped; empty if the tag has no value, nil if it is missing. The last duplicate wins.
    package func tag(_ name: String) -> String? {
        IRCTags.value(of: name, in: self.bytes[self.tagRange])
    }

    package var tags: [String: String] { IRCTags.all(in: self.bytes[self.tagRange]) }

    private struct Scanner {
        let bytes: ArraySlice<UInt8>
        var position: Int
        static let space = UInt8(ascii: " ")

        init(bytes: ArraySlice<UInt8>) {
            self.bytes = bytes
            self.position = bytes.startIndex
        }

        mutating func skipSpaces() {
            while self.position < self.bytes.endIndex, self.bytes[self.position] == Self.space { self.position += 1 }
        }

        mutating func word() -> Range<Int> {
            self.skipSpaces()
            let start = self.position
            while self.position < self.bytes.endIndex, self.bytes[self.position] != Self.space { self.position += 1 }
            return start..<self.position
        }

        /// The rest of a word that begins with `mark`, or nothing.
        mutating func word(after mark: UInt8) -> Range<Int> {
            self.skipSpaces()
            guard self.position < self.bytes.endIndex, self.bytes[self.position] == mark else {
                return self.position..<self.position
            }
            self.position += 1
            let start = self.position
            while self.position < self.bytes.endIndex, self.bytes[self.position] != Self.space { self.position += 1 }
            return start..<self.position
        }

        mutating func parameters() -> [Range<Int>] {
            var ranges: [Range<Int>] = []
            while true {
                self.skipSpaces()
                guard self.position < self.bytes.endIndex else { return ranges }
                let isTrailing = self.bytes[self.position] == UInt8(ascii: ":")
                if isTrailing || ranges.count == IRCLine.maximumParameters - 1 {
                    ranges.append(self.position + (isTrailing ? 1 : 0)..<self.bytes.endIndex)
                    return ranges
                }
                ranges.append(self.word())
            }
        }
    }
}
