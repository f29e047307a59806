import Crypto
import Olm
import Testing

@Suite("Olm: sessions of rooms")
struct MegolmTests {
    private let key = PickleKey(bytes: [UInt8](repeating: 7, count: 32))

    @Test("a room's messages are read from the shared index on")
    func rooms() throws {
        var outbound = MegolmOutboundSession()
        #expect(outbound.index == 0)
        let early = outbound.encrypt(Array("before".utf8))
        var inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        outbound = try MegolmOutboundSession(pickle: outbound.pickle(self.key), key: self.key)
        inbound = try MegolmInboundSession(pickle: inbound.pickle(self.key), key: self.key)
        #expect(inbound.id == outbound.id)
        #expect(inbound.firstKnownIndex == 1)
        // Across the indices at which a second part of the ratchet moves, and at which the index takes another byte.
        for index in UInt32(1)...300 {
            #expect(outbound.index == index)
            let text = [UInt8](repeating: 1, count: Int(index % 50))
            let clear = try inbound.decrypt(outbound.encrypt(text))
            #expect(clear.text == text)
            #expect(clear.index == index)
        }
        #expect(throws: OlmError(code: "UNKNOWN_MESSAGE_INDEX")) { try inbound.decrypt(early) }
    }

    @Test("a session is exported from an index on")
    func export() throws {
        let outbound = MegolmOutboundSession()
        let inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        let messages = (0..<4).map { outbound.encrypt([UInt8($0)]) }
        let copy = try MegolmInboundSession(exported: inbound.export(at: 2))
        #expect(copy.id == outbound.id)
        #expect(copy.firstKnownIndex == 2)
        #expect(throws: OlmError(code: "UNKNOWN_MESSAGE_INDEX")) { try copy.decrypt(messages[1]) }
        #expect(throws: OlmError(code: "UNKNOWN_MESSAGE_INDEX")) { try copy.export(at: 1) }
        #expect(try copy.decrypt(messages[3]) == ([3], 3))
        #expect(try copy.decrypt(messages[2]) == ([2], 2))
        #expect(try inbound.decrypt(messages[0]) == ([0], 0))
    }

    @Test("an altered message or key is refused")
    func altered() throws {
        let outbound = MegolmOutboundSession()
        let inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        let message = try #require(decodeUnpaddedBase64(outbound.encrypt(Array("hello".utf8))))
        for position in message.indices {
            var altered = message
            altered[position] ^= 1
            #expect(throws: OlmError.self) { try inbound.decrypt(base64Unpadded(altered)) }
            #expect(throws: OlmError.self) { try inbound.decrypt(base64Unpadded(Array(message[..<position]))) }
        }
        let key = try #require(decodeUnpaddedBase64(outbound.sessionKey))
        for position in key.indices {
            var altered = key
            altered[position] ^= 1
            #expect(throws: OlmError.self) { try MegolmInboundSession(sessionKey: base64Unpadded(altered)) }
        }
        // Another session's message.
        let other = MegolmOutboundSession().encrypt([1])
        #expect(throws: OlmError.self) { try inbound.decrypt(other) }
    }

    @Test("a ciphertext that is no whole number of blocks does not reach the library")
    func blocks() throws {
        let outbound = MegolmOutboundSession()
        let inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        let message = try #require(decodeUnpaddedBase64(outbound.encrypt([1])))
        // Version, index 0, 16 bytes of ciphertext.
        #expect(message.prefix(5) == [3, 8, 0, 0x12, 16])
        #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) {
            try inbound.decrypt(base64Unpadded([3, 8, 0, 0x12, 15] + message[5..<20] + message[21...]))
        }
        #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) {
            try inbound.decrypt(base64Unpadded([3, 8, 0, 0x12, 0] + message[21...]))
        }
    }
}
