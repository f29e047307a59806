/// Reads a tar file as ``Tar`` writes it, from bytes that arrive in pieces. Pure.
package struct TarReader {
    package struct Member: Sendable, Equatable {
        package let kind: Tar.Kind
        package let path: [UInt8]
        /// Of a link.
        package let target: [UInt8]
        package let mode: Int
        package let size: Int
        /// Seconds since 1970, of the years 1697 to 2242: as nanoseconds, others would not fit 64 bits.
        package let modified: Int64
    }

    package enum Event {
        case begins(Member)
        case content(ArraySlice<UInt8>)
        case ends(Member)
    }

    package struct Failure: Error {
        /// As a clause.
        package let reason: String
    }

    private enum State {
        case header
        case records(Int)
        case content(Member, left: Int)
        case padding(Int)
        case ended
    }

    private var state = State.header
    private var block: [UInt8] = []
    /// Of the extended header that precedes a member.
    private var records: [String: [UInt8]] = [:]

    /// Those of its records that count. The others may be any text, whose comparison can take long.
    private static let keys = ["path", "linkpath", "size", "mtime"].map { (name: $0, bytes: Array($0.utf8)) }
    private static let largestRecords = 1 << 20

    package init() {}

    /// Whether the end of the file has been read.
    package var isComplete: Bool { if case .ended = self.state { true } else { false } }

    package mutating func take(_ bytes: [UInt8], _ handle: (Event) throws -> Void) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch self.state {
            case .header:
                guard self.fill(&rest, to: Tar.blockSize) else { return }
                try self.readHeader(handle)
            case .records(let size):
                guard self.fill(&rest, to: size + Tar.padding(size).count) else { return }
                self.records = try Self.records(self.block[..<size])
                self.block = []
                self.state = .header
            case .content(let member, let left):
                let piece = rest.prefix(left)
                rest = rest.dropFirst(piece.count)
                try handle(.content(piece))
                self.state = .content(member, left: left - piece.count)
                guard piece.count == left else { continue }
                self.state = .padding(Tar.padding(member.size).count)
                try handle(.ends(member))
            case .padding(let left):
                let skipped = min(left, rest.count)
                rest = rest.dropFirst(skipped)
                self.state = left > skipped ? .padding(left - skipped) : .header
            case .ended:
                guard rest.allSatisfy({ $0 == 0 }) else { throw Failure(reason: "something follows its end") }
                return
            }
        }
    }

    /// Whether the block is complete.
    private mutating func fill(_ rest: inout ArraySlice<UInt8>, to size: Int) -> Bool {
        let piece = rest.prefix(size - self.block.count)
        self.block += piece
        rest = rest.dropFirst(piece.count)
        return self.block.count == size
    }

    private mutating func readHeader(_ handle: (Event) throws -> Void) throws {
        defer { self.block = [] }
        if self.block.allSatisfy({ $0 == 0 }) { return self.state = .ended }
        // The checksum counts its own field as blanks.
        let sum = self.block.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 0x20 : Int($1.element)) }
        guard self.number(148, 8) == sum, let kind = Tar.Kind(rawValue: self.block[156]),
            let mode = self.number(100, 8), let plainSize = self.number(124, 12), let plainTime = self.number(136, 12)
        else { throw Failure(reason: "a header is damaged") }
        if kind == .extended {
            guard plainSize <= Self.largestRecords else { throw Failure(reason: "an extended header is too long") }
            return self.state = .records(plainSize)
        }
        func record(_ key: String) -> Int64? {
            self.records[key].flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
        }
        let size = self.records["size"] == nil ? Int64(plainSize) : record("size") ?? -1
        guard size >= 0 else { throw Failure(reason: "a header is damaged") }
        let member = Member(
            kind: kind, path: self.records["path"] ?? self.text(0, 100),
            target: self.records["linkpath"] ?? self.text(157, 100), mode: mode, size: kind == .file ? Int(size) : 0,
            // A file can have any time, so an odd one is not damage.
            modified: min(max(record("mtime") ?? Int64(plainTime), -1 << 33), 1 << 33))
        self.records = [:]
        try handle(.begins(member))
        guard member.size == 0 else { return self.state = .content(member, left: member.size) }
        self.state = .header
        try handle(.ends(member))
    }

    private func text(_ start: Int, _ length: Int) -> [UInt8] {
        Array(self.block[start..<(start + length)].prefix { $0 != 0 })
    }

    /// Octal digits up to a blank or zero.
    private func number(_ start: Int, _ length: Int) -> Int? {
        let digits = self.block[start..<(start + length)].prefix { $0 != 0 && $0 != 0x20 }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 & 7) }
    }

    private static func records(_ bytes: ArraySlice<UInt8>) throws -> [String: [UInt8]] {
        var records: [String: [UInt8]] = [:]
        var rest = bytes
        while !rest.isEmpty {
            let digits = rest.prefix { $0 != 0x20 }
            guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
                length <= rest.count, let equals = rest.prefix(length).firstIndex(of: UInt8(ascii: "="))
            else { throw Failure(reason: "an extended header is damaged") }
            let key = rest[(rest.startIndex + digits.count + 1)..<max(equals, rest.startIndex + digits.count + 1)]
            let end = rest.startIndex + length - 1
            guard equals < end else { throw Failure(reason: "an extended header is damaged") }
            if let known = self.keys.first(where: { key.elementsEqual($0.bytes) }) {
                records[known.name] = Array(rest[(equals + 1)..<end])
            }
            rest = rest.dropFirst(length)
        }
        return records
    }
}
