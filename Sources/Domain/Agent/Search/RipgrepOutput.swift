internal import Crypto
internal import JSON
internal import Primitives

/// Reads what `rg --json` writes, in pieces. Pure.
struct RipgrepOutput: Sendable {
    struct Hit: Sendable, Equatable {
        /// As ``QuotedPath`` writes it; for a search of names the whole hit.
        let path: String
        /// Nil for a search of names.
        let line: Line?
    }

    struct Line: Sendable, Equatable {
        let number: Int
        let text: String
    }

    private let isOfNames: Bool
    /// Without those of the file that is being read.
    private var complete: [Hit] = []
    private var file: [Hit] = []
    private var rest: [UInt8] = []
    /// Files with hits before what shows that they are binary.
    private(set) var binaries = 0
    /// Lines with hits that are too long to be read, or have too many of them.
    private(set) var unreadLines = 0
    /// Whether the program has done its work: a wrong pattern keeps it from beginning.
    private(set) var isWhole = false

    init(ofNames isOfNames: Bool) { self.isOfNames = isOfNames }

    /// At most one more than ``ToolLimits/searchHits``.
    var hits: [Hit] { Array((self.complete + self.file).prefix(ToolLimits.searchHits + 1)) }

    /// Nothing more is needed.
    var isFull: Bool { self.complete.count + self.file.count > ToolLimits.searchHits }

    mutating func append(_ bytes: [UInt8]) {
        var start = bytes.startIndex
        while !self.isFull, let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            self.keep(bytes[start..<end])
            self.read(self.rest)
            self.rest = []
            start = end + 1
        }
        if !self.isFull { self.keep(bytes[start...]) }
    }

    /// A byte more than is read shows that the message is too long.
    private mutating func keep(_ part: ArraySlice<UInt8>) {
        self.rest += part.prefix(ToolLimits.searchMessage + 1 - self.rest.count)
    }

    private mutating func read(_ line: [UInt8]) {
        guard line.count <= ToolLimits.searchMessage else {
            self.unreadLines += 1
            return
        }
        do throws(JSONError) {
            try self.take(JSON.parse(line, valueLimit: ToolLimits.searchValues))
        } catch {
            if error.code == .size { self.unreadLines += 1 }
        }
    }

    private mutating func take(_ message: JSON) {
        guard let data = message["data"] else { return }
        switch message["type"]?.stringValue {
        case "begin": self.file = []
        case "match": if let hit = self.hit(data) { self.file.append(hit) }
        case "end":
            if self.isOfNames || data["binary_offset"]?.isNull != false {
                self.complete += self.file
            } else if !self.file.isEmpty {
                self.binaries += 1
            }
            self.file = []
        case "summary": self.isWhole = true
        default: break
        }
    }

    private func hit(_ data: JSON) -> Hit? {
        guard var text = Self.bytes(data["lines"]) else { return nil }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        // See ``RipgrepCommand``.
        if self.isOfNames {
            return Hit(path: QuotedPath.text(of: text.map { $0 == 0 ? UInt8(ascii: "\n") : $0 }), line: nil)
        }
        guard let path = Self.bytes(data["path"]), let number = data["line_number"]?.intValue else { return nil }
        if text.last == UInt8(ascii: "\r") { text.removeLast() }
        let match = data["submatches"]?[0]
        let end = min(max(match?["end"]?.intValue ?? 0, 0), text.count)
        return Hit(path: QuotedPath.text(of: path), line: Line(number: number, text: Self.shown(text[...], end)))
    }

    /// Text, or in base64 what is not UTF-8.
    private static func bytes(_ value: JSON?) -> [UInt8]? {
        value?["text"]?.stringValue.map { Array($0.utf8) } ?? value?["bytes"]?.stringValue.flatMap(decodeBase64)
    }

    /// At most 500 characters around the match.
    private static func shown(_ line: ArraySlice<UInt8>, _ end: Int) -> String {
        let text = VisibleText.of(line)
        // One character may be as long as a line.
        let bytes = 4 * ToolLimits.searchLine
        guard text.count > ToolLimits.searchLine else { return text.beginning(bytes: bytes) }
        let match = VisibleText.of(line.prefix(end)).count
        let start = max(0, min(match - ToolLimits.searchLine / 2, text.count - ToolLimits.searchLine))
        let part = text.dropFirst(start).prefix(ToolLimits.searchLine)
        let end = start + part.count < text.count ? "…" : ""
        return (start > 0 ? "…" : "") + String(part).beginning(bytes: bytes) + end
    }
}
