/// The binary messages of the live protocol: those of y-protocols (sync and awareness), which Yjs's providers speak.
enum DocumentFrame {
    /// What the sender has: a state vector.
    case step(vector: [UInt8])
    /// Edits: an answer to a state vector, or new ones.
    case update([UInt8])
    /// Carets and names, which are only passed on; each client's with its clock.
    case awareness([UInt8], clients: [(id: UInt64, clock: UInt64)])
    case awarenessQuery

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
            var clients: [(id: UInt64, clock: UInt64)] = []
            for _ in 0..<(try inner.count()) {
                clients.append((try inner.client(), try inner.number()))
                _ = try inner.string()
            }
            self = .awareness(bytes, clients: clients)
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

    /// That an editor has left.
    static func gone(_ client: (id: UInt64, clock: UInt64)) -> [UInt8] {
        var inner = UpdateWriter()
        inner.number(1)
        inner.number(client.id)
        inner.number(client.clock + 1)
        inner.string("null")
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
