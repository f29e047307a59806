/// A Yjs update (format v1) of one text: what was inserted, and what was deleted. Decoding it checks everything that does
/// not depend on the text, so that applying it cannot fail.
///
/// The format: https://github.com/yjs/yjs/blob/main/INTERNALS.md. Maps, embedded objects, formats, subdocuments and types
/// other than the root text are refused.
package struct TextUpdate: Sendable {
    /// In bytes.
    package static let sizeLimit = 1 << 20
    /// The root type's name: `ydoc.getText("text")`.
    package static let root = "text"
    /// Of a client's clock, which counts UTF-16 units.
    static let clockLimit = Int(Int32.max) / 2
    /// Clients' numbers are integers of JavaScript.
    static let clientLimit: UInt64 = 1 << 53

    /// Names a unit of text by its client and clock.
    struct ID: Sendable, Hashable {
        let client: UInt64
        let clock: Int32
    }

    /// What one client has inserted in one place.
    struct Block: Sendable {
        let client: UInt64
        var clock: Int32
        let length: Int32
        /// The units that it was inserted after and before.
        var origin: ID?
        let right: ID?
        /// Nil for a text that was deleted.
        var units: [UInt16]?

        var end: Int32 { self.clock + self.length }
    }

    struct Deletion: Sendable {
        let client: UInt64
        let clock: Int32
        let length: Int32

        var end: Int32 { self.clock + self.length }
    }

    private(set) var blocks: [Block] = []
    private(set) var deletions: [Deletion] = []
    /// Of the inserted texts in UTF-8.
    private(set) var textBytes = 0

    var operationCount: Int { self.blocks.count + self.deletions.count }

    /// - Parameter limit: In bytes; what was stored may be larger than an edit.
    package init(_ bytes: [UInt8], limit: Int = Self.sizeLimit) throws(SharedTextError) {
        guard bytes.count <= limit else { throw SharedTextError(.tooLarge, "is over \(limit) bytes") }
        var reader = UpdateReader(bytes)
        var clients: Set<UInt64> = []
        for _ in 0..<(try reader.count()) {
            let count = try reader.count()
            let client = try reader.client()
            guard clients.insert(client).inserted else { throw SharedTextError(.malformed, "names a client twice") }
            var clock = try reader.clock()
            for _ in 0..<count { try self.read(&reader, client, &clock) }
        }
        for _ in 0..<(try reader.count()) {
            let client = try reader.client()
            for _ in 0..<(try reader.count()) {
                let clock = try reader.clock()
                let length = try reader.length(from: clock)
                self.deletions.append(Deletion(client: client, clock: clock, length: length))
            }
        }
        guard reader.isAtEnd else { throw SharedTextError(.malformed, "has bytes after its end") }
    }

    private mutating func read(_ reader: inout UpdateReader, _ client: UInt64, _ clock: inout Int32)
        throws(SharedTextError)
    {
        let info = try reader.byte()
        let kind = info & 0x1F
        if kind == 10 {
            // A gap, as merged updates have it.
            clock += try reader.length(from: clock)
            return
        }
        guard kind != 0 else { throw SharedTextError(.notText, "has collected types") }
        let origin = info & 0x80 == 0 ? nil : try reader.id()
        let right = info & 0x40 == 0 ? nil : try reader.id()
        for id in [origin, right] where id?.client == client {
            guard let id, id.clock < clock else { throw SharedTextError(.malformed, "refers to what comes later") }
        }
        if origin == nil, right == nil {
            guard try reader.number() == 1, try reader.string() == Self.root else {
                throw SharedTextError(.notText, "belongs to something else than the text \"\(Self.root)\"")
            }
            guard info & 0x20 == 0 else { throw SharedTextError(.notText, "sets a key") }
        }
        var block: Block
        switch kind {
        case 1:
            let length = try reader.length(from: clock)
            block = Block(client: client, clock: clock, length: length, origin: origin, right: right, units: nil)
        case 4:
            let text = try reader.string()
            guard !text.utf8.contains(0) else { throw SharedTextError(.notText, "has a zero byte") }
            let units = Array(text.utf16)
            guard !units.isEmpty, Int(clock) + units.count <= Self.clockLimit else {
                throw SharedTextError(.malformed, "has an empty text or too high a clock")
            }
            self.textBytes += text.utf8.count
            block = Block(
                client: client, clock: clock, length: Int32(units.count), origin: origin, right: right, units: units)
        default: throw SharedTextError(.notText, "has something else than plain text")
        }
        clock = block.end
        self.blocks.append(block)
    }

    /// What a client has, as the first message of its synchronisation says.
    package static func stateVector(_ bytes: [UInt8]) throws(SharedTextError) -> [UInt64: Int] {
        guard bytes.count <= Self.sizeLimit else { throw SharedTextError(.tooLarge, "is over \(Self.sizeLimit) bytes") }
        var reader = UpdateReader(bytes)
        var vector: [UInt64: Int] = [:]
        for _ in 0..<(try reader.count()) { vector[try reader.client()] = Int(try reader.clock()) }
        guard reader.isAtEnd else { throw SharedTextError(.malformed, "has bytes after its end") }
        return vector
    }
}

/// Why an update is refused.
package struct SharedTextError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case malformed
        /// Yjs, but not one plain text.
        case notText = "not-text"
        /// The update, the text or its history.
        case tooLarge = "too-large"
        /// It builds on edits that are not here.
        case incomplete
        /// Its text is under a client id that is somebody else's, or that has another text here.
        case foreignClient = "foreign-client"
    }

    package let code: Code
    /// A clause about the update.
    let reason: String

    init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    package var description: String { "The edit \(self.reason)." }
}

/// Numbers of lib0's encoding: seven bits a byte, the lowest first.
struct UpdateReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { self.index == self.bytes.count }

    mutating func byte() throws(SharedTextError) -> UInt8 {
        guard self.index < self.bytes.count else { throw SharedTextError(.malformed, "ends too early") }
        defer { self.index += 1 }
        return self.bytes[self.index]
    }

    mutating func number() throws(SharedTextError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 49, by: 7) {
            let byte = try self.byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw SharedTextError(.malformed, "has too large a number")
    }

    /// Of things that follow, each of at least one byte.
    mutating func count() throws(SharedTextError) -> Int {
        let value = try self.number()
        guard value <= UInt64(self.bytes.count - self.index) else {
            throw SharedTextError(.malformed, "promises more than it has")
        }
        return Int(value)
    }

    mutating func client() throws(SharedTextError) -> UInt64 {
        let value = try self.number()
        guard value < TextUpdate.clientLimit else { throw SharedTextError(.malformed, "has too large a client number") }
        return value
    }

    mutating func clock() throws(SharedTextError) -> Int32 {
        let value = try self.number()
        guard value <= UInt64(TextUpdate.clockLimit) else { throw SharedTextError(.malformed, "has too high a clock") }
        return Int32(value)
    }

    mutating func length(from clock: Int32) throws(SharedTextError) -> Int32 {
        let length = try self.clock()
        guard length > 0, Int(clock) + Int(length) <= TextUpdate.clockLimit else {
            throw SharedTextError(.malformed, "has an empty part or too high a clock")
        }
        return length
    }

    mutating func id() throws(SharedTextError) -> TextUpdate.ID {
        TextUpdate.ID(client: try self.client(), clock: try self.clock())
    }

    mutating func string() throws(SharedTextError) -> String {
        let count = try self.count()
        defer { self.index += count }
        guard let text = String(validating: self.bytes[self.index..<(self.index + count)], as: UTF8.self) else {
            throw SharedTextError(.malformed, "has a text that is not UTF-8")
        }
        return text
    }
}

/// Writes what ``UpdateReader`` reads.
struct UpdateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ byte: UInt8) { self.bytes.append(byte) }

    mutating func number(_ value: some BinaryInteger) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            self.bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(rest))
    }

    mutating func string(_ text: String) {
        self.number(text.utf8.count)
        self.bytes.append(contentsOf: text.utf8)
    }
}
