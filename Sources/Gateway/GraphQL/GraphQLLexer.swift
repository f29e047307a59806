internal import Primitives

/// Reads the tokens of a GraphQL document (specification of October 2021, §2.1).
struct GraphQLLexer {
    enum Kind: Equatable, CustomStringConvertible {
        case end
        /// Punctuation, such as `{` or `...`.
        case mark(String)
        case name(String)
        case int(Int64)
        case float(Double)
        case string(String)

        var description: String {
            switch self {
            case .end: "end of the document"
            case .mark(let mark): mark
            case .name(let name): name
            case .int(let number): "\(number)"
            case .float(let number): "\(number)"
            case .string: "a text"
            }
        }
    }

    struct Token: Equatable {
        let kind: Kind
        let place: GraphQLPlace
    }

    private let bytes: [UInt8]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var count = 0

    init(_ text: String) { self.bytes = Array(text.utf8) }

    mutating func next() throws(GraphQLError) -> Token {
        self.skipIgnored()
        let place = self.place
        self.count += 1
        guard self.count <= GraphQLParser.tokenLimit else {
            throw GraphQLError("The document has more than \(GraphQLParser.tokenLimit) tokens.", at: place)
        }
        guard let byte = self.current else { return Token(kind: .end, place: place) }
        switch byte {
        case UInt8(ascii: "."):
            guard self.bytes[self.index...].starts(with: "...".utf8) else { throw self.unexpected(byte) }
            self.index += 3
            return Token(kind: .mark("..."), place: place)
        case UInt8(ascii: "\""): return Token(kind: .string(try self.text()), place: place)
        case _ where "!$&()[]{}:=@|".utf8.contains(byte):
            self.index += 1
            return Token(kind: .mark(String(UnicodeScalar(byte))), place: place)
        case _ where Self.beginsName(byte):
            let start = self.index
            while let byte = self.current, Self.beginsName(byte) || Self.isDigit(byte) { self.index += 1 }
            guard self.index - start <= GraphQLParser.nameLimit else {
                throw GraphQLError("A name is longer than \(GraphQLParser.nameLimit) bytes.", at: place)
            }
            return Token(kind: .name(String(decoding: self.bytes[start..<self.index], as: UTF8.self)), place: place)
        case _ where Self.isDigit(byte) || byte == UInt8(ascii: "-"):
            return Token(kind: try self.number(), place: place)
        default: throw self.unexpected(byte)
        }
    }

    private var current: UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }
    private var place: GraphQLPlace { GraphQLPlace(line: self.line, column: self.index - self.lineStart + 1) }

    private static func beginsName(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private func unexpected(_ byte: UInt8) -> GraphQLError {
        let shown = (0x21...0x7E).contains(byte) ? String(UnicodeScalar(byte)) : "a byte \(byte)"
        return GraphQLError("Syntax error: unexpected \(shown).", at: self.place)
    }

    /// White space, commas, comments and a byte order mark.
    private mutating func skipIgnored() {
        while let byte = self.current {
            switch byte {
            case 0x0A, 0x0D: self.newLine(byte)
            case 0x20, 0x09, 0x2C: self.index += 1
            case 0x23: while let byte = self.current, byte != 0x0A, byte != 0x0D { self.index += 1 }
            case 0xEF where self.bytes[self.index...].starts(with: [0xEF, 0xBB, 0xBF]): self.index += 3
            default: return
            }
        }
    }

    private mutating func newLine(_ byte: UInt8) {
        self.index += 1
        if byte == 0x0D, self.current == 0x0A { self.index += 1 }
        self.line += 1
        self.lineStart = self.index
    }

    private mutating func number() throws(GraphQLError) -> Kind {
        let start = self.index
        if self.current == UInt8(ascii: "-") { self.index += 1 }
        if self.current == UInt8(ascii: "0") {
            self.index += 1
            if let byte = self.current, Self.isDigit(byte) { throw self.unexpected(byte) }
        } else {
            try self.digits()
        }
        var isFloat = false
        if self.current == UInt8(ascii: ".") {
            isFloat = true
            self.index += 1
            try self.digits()
        }
        if self.current == UInt8(ascii: "e") || self.current == UInt8(ascii: "E") {
            isFloat = true
            self.index += 1
            if self.current == UInt8(ascii: "+") || self.current == UInt8(ascii: "-") { self.index += 1 }
            try self.digits()
        }
        if let byte = self.current, Self.beginsName(byte) || byte == UInt8(ascii: ".") { throw self.unexpected(byte) }
        let text = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        if !isFloat, let number = Int64(text) { return .int(number) }
        return .float(Double(untrusted: text) ?? 0)
    }

    private mutating func digits() throws(GraphQLError) {
        let start = self.index
        while let byte = self.current, Self.isDigit(byte) { self.index += 1 }
        guard self.index > start else {
            throw self.current.map { self.unexpected($0) }
                ?? GraphQLError("Syntax error: a number ends early.", at: self.place)
        }
    }

    // MARK: Texts

    private mutating func text() throws(GraphQLError) -> String {
        if self.bytes[self.index...].starts(with: "\"\"\"".utf8) { return try self.block() }
        let start = self.place
        self.index += 1
        var scalars = String.UnicodeScalarView()
        var bytes: [UInt8] = []
        func flush() {
            scalars.append(contentsOf: String(decoding: bytes, as: UTF8.self).unicodeScalars)
            bytes = []
        }
        while let byte = self.current {
            switch byte {
            case UInt8(ascii: "\""):
                self.index += 1
                flush()
                return StreamSafeText.of(String(scalars))
            case 0x0A, 0x0D: throw GraphQLError("Syntax error: a text ends with its line.", at: start)
            case UInt8(ascii: "\\"):
                self.index += 1
                flush()
                scalars.append(try self.escape())
            case _ where byte < 0x20 && byte != 0x09: throw self.unexpected(byte)
            default:
                bytes.append(byte)
                self.index += 1
            }
        }
        throw GraphQLError("Syntax error: a text has no end.", at: start)
    }

    private mutating func escape() throws(GraphQLError) -> UnicodeScalar {
        guard let byte = self.current else { throw GraphQLError("Syntax error: a text has no end.", at: self.place) }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UnicodeScalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let first = try self.unit()
            if (0xD800...0xDBFF).contains(first), self.bytes[self.index...].starts(with: "\\u".utf8) {
                self.index += 2
                let second = try self.unit()
                if (0xDC00...0xDFFF).contains(second),
                    let scalar = UnicodeScalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
                {
                    return scalar
                }
            } else if let scalar = UnicodeScalar(first) {
                return scalar
            }
            throw GraphQLError("Syntax error: an escape names no character.", at: self.place)
        default: throw self.unexpected(byte)
        }
    }

    private mutating func unit() throws(GraphQLError) -> UInt32 {
        let digits = self.bytes[self.index...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw GraphQLError("Syntax error: an escape has four hexadecimal digits.", at: self.place) }
        self.index += 4
        return unit
    }

    /// A text between three quotation marks, without the indentation that all its lines have (§2.9.4).
    private mutating func block() throws(GraphQLError) -> String {
        let start = self.place
        self.index += 3
        var lines: [[UInt8]] = [[]]
        while let byte = self.current {
            if byte == UInt8(ascii: "\""), self.bytes[self.index...].starts(with: "\"\"\"".utf8) {
                self.index += 3
                return Self.unindented(lines)
            }
            if byte == UInt8(ascii: "\\"), self.bytes[self.index...].starts(with: "\\\"\"\"".utf8) {
                lines[lines.count - 1] += Array("\"\"\"".utf8)
                self.index += 4
            } else if byte == 0x0A || byte == 0x0D {
                self.newLine(byte)
                lines.append([])
            } else {
                lines[lines.count - 1].append(byte)
                self.index += 1
            }
        }
        throw GraphQLError("Syntax error: a text has no end.", at: start)
    }

    private static func unindented(_ lines: [[UInt8]]) -> String {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let indent = lines.dropFirst().compactMap { $0.firstIndex { !isBlank($0) } }.min() ?? 0
        var shown = lines.indices.map { $0 == 0 ? lines[0][...] : lines[$0].dropFirst(indent) }[...]
        shown = shown.drop { $0.allSatisfy(isBlank) }
        while let last = shown.last, last.allSatisfy(isBlank) { shown.removeLast() }
        return StreamSafeText.of(String(decoding: Array(shown.joined(separator: [0x0A])), as: UTF8.self))
    }
}
