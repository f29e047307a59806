/// Reads the name that a client asks for at the beginning of TLS (RFC 8446 §4.1.2, RFC 6066 §3). Pure.
enum ClientHello {
    enum Reading: Equatable {
        case needsMore
        /// Nil if the client names nobody.
        case hello(name: NetworkName?)
        /// Not a well-formed beginning of TLS.
        case other
    }

    /// Clients send one record, or two; each byte that arrives has all of them read again.
    private static let mostRecords = 16

    /// - Parameter bytes: All that the client has sent so far.
    static func read(_ bytes: [UInt8]) -> Reading {
        var records = Cursor(bytes[...])
        var message: [UInt8] = []
        for _ in 0..<Self.mostRecords {
            // A record of the type handshake, of any version of TLS.
            if let type = records.rest.first, type != 22 { return .other }
            guard let head = records.take(5) else {
                return records.rest.dropFirst().first.map { $0 == 3 } ?? true ? .needsMore : .other
            }
            let size = Int(head[head.startIndex + 3]) << 8 | Int(head[head.startIndex + 4])
            guard head[head.startIndex + 1] == 3, (1...16_384).contains(size) else { return .other }
            message += records.rest.prefix(size)
            if let type = message.first, type != 1 { return .other }
            var cursor = Cursor(message[...])
            if cursor.take(1) != nil, let hello = cursor.vector(lengthBytes: 3) { return self.hello(hello) }
            guard records.take(size) != nil else { return .needsMore }
        }
        return .other
    }

    private static func hello(_ bytes: ArraySlice<UInt8>) -> Reading {
        var cursor = Cursor(bytes)
        // Version and random, session, cipher suites, compression methods.
        guard cursor.take(34) != nil, cursor.vector(lengthBytes: 1) != nil, cursor.vector(lengthBytes: 2) != nil,
            cursor.vector(lengthBytes: 1) != nil
        else { return .other }
        guard !cursor.rest.isEmpty else { return .hello(name: nil) }
        guard let list = cursor.vector(lengthBytes: 2) else { return .other }
        var extensions = Cursor(list)
        var found: ArraySlice<UInt8>?
        while !extensions.rest.isEmpty {
            guard let type = extensions.take(2), let value = extensions.vector(lengthBytes: 2) else { return .other }
            guard type.allSatisfy({ $0 == 0 }) else { continue }
            // Servers could differ in which of two they take.
            guard found == nil else { return .other }
            found = value
        }
        guard let found else { return .hello(name: nil) }
        var names = Cursor(found)
        guard let list = names.vector(lengthBytes: 2), names.rest.isEmpty else { return .other }
        names = Cursor(list)
        guard names.take(1)?.first == 0, let text = names.vector(lengthBytes: 2), names.rest.isEmpty,
            let name = NetworkName(String(decoding: text, as: UTF8.self))
        else { return .other }
        return .hello(name: name)
    }

    private struct Cursor {
        private(set) var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

        mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
            guard self.rest.count >= count else { return nil }
            defer { self.rest = self.rest.dropFirst(count) }
            return self.rest.prefix(count)
        }

        /// What follows its own length; unchanged if it is not complete.
        mutating func vector(lengthBytes: Int) -> ArraySlice<UInt8>? {
            let size = self.rest.prefix(lengthBytes).reduce(0) { $0 << 8 | Int($1) }
            guard self.rest.count >= lengthBytes + size else { return nil }
            self.rest = self.rest.dropFirst(lengthBytes)
            return self.take(size)
        }
    }
}
