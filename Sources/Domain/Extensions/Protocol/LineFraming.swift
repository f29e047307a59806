internal import JSON
internal import Primitives

/// Splits a server's output into lines. Pure; the input may be split anywhere.
struct LineFraming {
    enum Piece: Equatable {
        case line([UInt8])
        /// A line over the limit, which was skipped: its beginning and its length.
        case skipped(head: [UInt8], count: Int)
    }

    /// As much of a skipped line as is kept: a message's id is in its first bytes.
    static let headBytes = 256

    private let limit: Int
    private var line: [UInt8] = []
    /// Bytes of the current line that were skipped; 0 while it is within the limit.
    private var skipped = 0

    init(limit: Int = 8 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes and returns the lines that they complete, without their ends (LF or CR LF). Blank lines are
    /// dropped.
    mutating func take(_ bytes: [UInt8]) -> [Piece] {
        var pieces: [Piece] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            self.append(rest[..<end])
            rest = rest[(end + 1)...]
            if let piece = self.finish() { pieces.append(piece) }
        }
        self.append(rest)
        return pieces
    }

    private mutating func append(_ bytes: ArraySlice<UInt8>) {
        if self.skipped > 0 {
            self.skipped += bytes.count
        } else if self.line.count + bytes.count > self.limit {
            self.skipped = self.line.count + bytes.count
            self.line = Array((self.line.prefix(Self.headBytes) + bytes.prefix(Self.headBytes)).prefix(Self.headBytes))
        } else {
            self.line += bytes
        }
    }

    private mutating func finish() -> Piece? {
        let line = self.line
        let skipped = self.skipped
        self.line = []
        self.skipped = 0
        if skipped > 0 { return .skipped(head: line, count: skipped) }
        let kept = line.last == 0x0D ? line.dropLast() : line[...]
        return kept.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? nil : .line(Array(kept))
    }
}

extension LineFraming {
    /// The id of the answer whose beginning this is; nil if it does not show. Requests and notifications, which have a
    /// `method`, show none.
    static func answerID(in head: [UInt8]) -> RPCID? {
        let text = String(decoding: head, as: UTF8.self)
        guard let key = text.firstRange(of: "\"id\""),
            !text[..<key.lowerBound].contains("\"result\""), !text[..<key.lowerBound].contains("\"method\"")
        else { return nil }
        var rest = text[key.upperBound...].drop { $0 == " " }
        guard rest.first == ":" else { return nil }
        rest = rest.dropFirst().drop { $0 == " " }
        guard let end = rest.firstIndex(where: { $0 == "," || $0 == "}" }), !rest[end...].hasPrefix(",\"method\"")
        else { return nil }
        return RPCID(try? JSON.parse(String(rest[..<end])))
    }

    /// Whether this is a log message, which nobody asked for: servers send them in bursts, so they are not parsed.
    static func isLog(_ line: [UInt8]) -> Bool {
        let method = "\"method\":\"notifications/message\"".utf8
        return ["{", "{\"jsonrpc\":\"2.0\","].contains { line.starts(with: Array($0.utf8) + method) }
    }
}
