import JSON
import TestSupport
import Testing

@testable import Copilot

@Suite("JSON-RPC framing")
struct JSONRPCFramingTests {
    private static let bodies = ["{}", #"{"text":"ü€😀\r\n\r\nContent-Length: 5"}"#, ""]

    @Test("messages come out complete however the bytes are split", arguments: [1, 2, 3, 7, 1000])
    func pieces(length: Int) throws {
        let stream = Self.bodies.flatMap { JSONRPCFraming.frame(Array($0.utf8)) }
        var framing = JSONRPCFraming()
        var received: [[UInt8]] = []
        var rest = stream[...]
        while !rest.isEmpty {
            received += try framing.receive(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        expectEqual(received.map { String(decoding: $0, as: UTF8.self) }, Self.bodies)
    }

    @Test("other header lines and any case are accepted")
    func headers() throws {
        var framing = JSONRPCFraming()
        let text = "Content-Type: application/json\r\ncONTENT-lENGTH:2 \r\n\r\n{}"
        try expectEqual(framing.receive(Array(text.utf8)), [Array("{}".utf8)])
    }

    @Test("the length counts bytes, not characters")
    func bytes() throws {
        expectEqual(JSONRPCFraming.frame(Array("ü".utf8)), Array("Content-Length: 2\r\n\r\nü".utf8))
    }

    @Test(
        "an invalid header is refused, an overlong one immediately",
        arguments: [
            "Hello there\r\n\r\n", "Content-Length: x\r\n\r\n", "Content-Length: -1\r\n\r\n",
            "Content-Length: \r\n\r\n", "Content-Length: 99999999999999999999\r\n\r\n",
            "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", "Content-Length: 1001\r\n\r\n",
            String(repeating: "x", count: 1025), String(repeating: "x: y\r\n", count: 300) + "\r\n",
        ])
    func refusals(text: String) {
        var framing = JSONRPCFraming(bodyLimit: 1000)
        #expect(throws: JSONRPCFraming.Failure.self) { try framing.receive(Array(text.utf8)) }
    }

    @Test("a message of more than 8 MiB is refused before it is read")
    func usualLimit() throws {
        var framing = JSONRPCFraming()
        #expect(try framing.receive(Array("Content-Length: 8388608\r\n\r\n".utf8)).isEmpty)
        var other = JSONRPCFraming()
        #expect(throws: JSONRPCFraming.Failure.self) {
            try other.receive(Array("Content-Length: 8388609\r\n\r\n".utf8))
        }
    }

    @Test("a message is a request, a notification, an answer or a refusal; everything else is invalid")
    func messages() throws {
        func read(_ text: String) throws -> JSONRPCMessage? { JSONRPCMessage(try JSON.parse(Array(text.utf8))) }
        try expectEqual(read(#"{"id":"a","method":"m","params":{}}"#), .request(id: "a", method: "m", params: [:]))
        try expectEqual(read(#"{"method":"m"}"#), .notification(method: "m", params: .null))
        try expectEqual(read(#"{"id":null,"method":"m"}"#), .notification(method: "m", params: .null))
        try expectEqual(read(#"{"id":3,"result":{"x":1}}"#), .result(id: 3, ["x": 1]))
        try expectEqual(read(#"{"id":3}"#), .result(id: 3, .null))
        try expectEqual(
            read(#"{"id":3,"error":{"code":-1,"message":"no"}}"#),
            .failure(id: 3, JSONRPCError(code: -1, message: "no")))
        try expectEqual(
            read(#"{"id":null,"error":"no"}"#), .failure(id: nil, JSONRPCError(code: 0, message: "no reason given")))
        try expectEqual(read("[]"), nil)
        try expectEqual(read(#"{"id":"text","result":1}"#), nil)
        try expectEqual(read("{}"), nil)
    }
}
