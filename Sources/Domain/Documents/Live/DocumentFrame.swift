/// The binary messages of the live protocol: those of y-protocols (sync and awareness), which Yjs's providers speak.
enum DocumentFrame {
    /// What the sender has: a state vector.
    case step(vector: [UInt8])
    /// Edits: an answer to a state vector, or new ones.
    case update([UInt8])
    /// What clients say about themselves, as JSON.
    case awareness([Presence])
    case awarenessQuery

    struct Presence {
        let client: UInt64
        var clock: UInt64
        var state: String
    }

    /// In bytes.
    static let awarenessLimit = 4_096

    init(_ bytes: [UInt8]) throws(SharedTextError) {
        guard bytes.count <= TextUpdate.sizeLimit + 16 else { throw SharedTextError(.tooLarge, "is too large") }
        var reader = UpdateReader(bytes)
        switch try reader.number() {
        case 0:
            let kind = try reader.number()
            let payload = try reader.payload()
            switch kind {
            case 0: self = .step(vector: payload)
            case 1, 2: self = .update(payload)
            default: throw SharedTextError(.malformed, "is no known message")
            }
        case 1:
            guard bytes.count <= Self.awarenessLimit else {
                throw SharedTextError(.tooLarge, "has over \(Self.awarenessLimit) bytes about the editor")
            }
            var inner = UpdateReader(try reader.payload())
            var states: [Presence] = []
            for _ in 0..<(try inner.count()) {
                states.append(
                    Presence(client: try inner.client(), clock: try inner.number(), state: try inner.string()))
            }
            self = .awareness(states)
        case 3: self = .awarenessQuery
        default: throw SharedTextError(.malformed, "is no known message")
        }
        guard reader.isAtEnd || bytes.first == 3 else { throw SharedTextError(.malformed, "has bytes after its end") }
    }

    /// - Parameter kind: 0 for a state vector, 1 for the answer to one, 2 for new edits.
    static func sync(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        var writer = UpdateWriter()
        writer.byte(0)
        writer.byte(kind)
        writer.payload(payload)
        return writer.bytes
    }

    static func awareness(_ presence: Presence) -> [UInt8] {
        var inner = UpdateWriter()
        inner.number(1)
        inner.number(presence.client)
        inner.number(presence.clock)
        inner.string(presence.state)
        var writer = UpdateWriter()
        writer.byte(1)
        writer.payload(inner.bytes)
        return writer.bytes
    }
}

extension UpdateReader {
    fileprivate mutating func payload() throws(SharedTextError) -> [UInt8] {
        let count = try self.count()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for _ in 0..<count { bytes.append(try self.byte()) }
        return bytes
    }
}

extension UpdateWriter {
    fileprivate mutating func payload(_ bytes: [UInt8]) {
        self.number(bytes.count)
        for byte in bytes { self.byte(byte) }
    }
}
