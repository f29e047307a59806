import TestSupport
import Testing

@testable import Jail

@Suite struct ClientHelloTests {
    /// A ClientHello with these extensions, in records of at most `size` bytes.
    static func bytes(extensions: [UInt8]?, size: Int = 16_384) -> [UInt8] {
        var hello: [UInt8] = [3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 0x01, 1, 0]
        if let extensions { hello += Self.vector(extensions) }
        let message = [1, 0] + Self.vector(hello)
        return stride(from: 0, to: message.count, by: size).reduce(into: []) { bytes, start in
            bytes += [22, 3, 1] + Self.vector(Array(message[start..<min(message.count, start + size)]))
        }
    }

    static func bytes(name: String, size: Int = 16_384) -> [UInt8] {
        Self.bytes(extensions: [0xAA, 0xAA, 0, 1, 9] + Self.names(name), size: size)
    }

    private static func names(_ name: String) -> [UInt8] {
        [0, 0] + Self.vector(Self.vector([0] + Self.vector(Array(name.utf8))))
    }

    private static func vector(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(bytes.count >> 8), UInt8(bytes.count & 255)] + bytes
    }

    @Test func theNameIsReadWhenTheHelloIsWhole() throws {
        for size in [16_384, 100, 12] {
            let bytes = Self.bytes(name: "Api.Example.org", size: size)
            for count in 0..<bytes.count {
                expectEqual(ClientHello.read(Array(bytes[..<count])), .needsMore, "\(count) of \(size)")
            }
            expectEqual(ClientHello.read(bytes), .hello(name: NetworkName("api.example.org")))
            expectEqual(ClientHello.read(bytes + [20, 3, 3]), .hello(name: NetworkName("api.example.org")))
        }
    }

    /// Each byte that arrives has all records read again.
    @Test func moreThanSixteenRecordsAreNoHello() {
        for size in [3, 1] {
            let bytes = Self.bytes(name: "api.example.org", size: size)
            expectEqual(ClientHello.read(Array(bytes[..<(16 * (5 + size) - 1)])), .needsMore)
            expectEqual(ClientHello.read(bytes), .other)
        }
    }

    @Test func aHelloMayNameNobody() {
        expectEqual(ClientHello.read(Self.bytes(extensions: nil)), .hello(name: nil))
        expectEqual(ClientHello.read(Self.bytes(extensions: [0, 43, 0, 2, 3, 4])), .hello(name: nil))
    }

    @Test func whatIsNotWellFormedIsSomethingElse() {
        expectEqual(ClientHello.read(Array("GET / HTTP/1.1".utf8)), .other)
        expectEqual(ClientHello.read(Array("S".utf8)), .other)
        expectEqual(ClientHello.read([22, 2, 0]), .other)
        // An empty record, one that is too long, and a ServerHello.
        expectEqual(ClientHello.read([22, 3, 1, 0, 0]), .other)
        expectEqual(ClientHello.read([22, 3, 1, 0x40, 1]), .other)
        expectEqual(ClientHello.read([22, 3, 1, 0, 4, 2, 0, 0, 0]), .other)
        // Two names: servers may take either.
        expectEqual(
            ClientHello.read(Self.bytes(extensions: Self.names("a.test") + Self.names("b.test"))), .other)
        expectEqual(ClientHello.read(Self.bytes(name: "a.test\0.b.test")), .other)
        expectEqual(ClientHello.read(Self.bytes(extensions: [0, 0, 0, 9, 0])), .other)
    }
}
