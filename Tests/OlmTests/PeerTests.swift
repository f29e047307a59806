import Crypto
import Olm
import Testing

/// Every encoding of the points of low order (https://cr.yp.to/ecdh.html), without the top bit.
private let lowOrderPoints = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]

@Suite("Olm: what peers send")
struct PeerTests {
    /// Bob, and a pre-key message to him with its decoded bytes.
    private func message() throws -> (bob: OlmAccount, sender: String, bytes: [UInt8]) {
        let (alice, bob) = (OlmAccount(), OlmAccount())
        bob.makeOneTimeKeys(1)
        let key = try #require(bob.unpublishedOneTimeKeys.first).key
        let message = try alice.outboundSession(to: bob.curve25519, oneTimeKey: key).encrypt([1])
        return (bob, alice.curve25519, try #require(decodeUnpaddedBase64(message.body)))
    }

    private func inbound(_ bytes: [UInt8], _ bob: OlmAccount, _ sender: String) throws -> OlmSession {
        try bob.inboundSession(OlmMessage(kind: .preKey, body: base64Unpadded(bytes)), from: sender)
    }

    @Test("keys that give a secret everybody knows are refused", arguments: lowOrderPoints, [UInt8(0), 0x80])
    func lowOrder(_ hexadecimal: String, _ top: UInt8) throws {
        var point = try #require(decodeHex(hexadecimal))
        point[31] |= top
        let key = base64Unpadded(point)
        let (bob, sender, bytes) = try self.message()
        let good = OlmAccount().curve25519
        let refused = OlmError(code: "BAD_PEER_KEY")
        #expect(throws: refused) { try OlmAccount().outboundSession(to: key, oneTimeKey: good) }
        #expect(throws: refused) { try OlmAccount().outboundSession(to: good, oneTimeKey: key) }
        #expect(throws: refused) { try OlmSAS().agree(with: key) }
        #expect(throws: refused) { try BackupEncryption(publicKey: key) }
        let decryption = try BackupDecryption(privateKey: randomBytes(32))
        let sealed = try BackupEncryption(publicKey: decryption.publicKey).encrypt([1])
        #expect(throws: refused) {
            try decryption.decrypt(ephemeral: key, mac: sealed.mac, ciphertext: sealed.ciphertext)
        }
        #expect(throws: refused) { try self.inbound(bytes, bob, key) }
        // Inside the message: instead of each key, and as a second base key, of which the library would take the last.
        for tag: UInt8 in [0x0A, 0x12, 0x1A] {
            var altered = bytes
            // After the version come the keys' fields, each with its tag and length: a key may have the same two bytes.
            let field = try #require(stride(from: 1, to: bytes.count, by: 34).first { bytes[$0] == tag })
            #expect(bytes[field + 1] == 32)
            let start = field + 2
            altered.replaceSubrange(start..<start + 32, with: point)
            #expect(throws: refused) { try self.inbound(altered, bob, sender) }
        }
        #expect(throws: refused) { try self.inbound(bytes + [0x12, 32] + point, bob, sender) }
        #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) {
            try self.inbound(bytes + [0x12, 0xA0, 0x80, 0x80, 0x80, 0x80, 0] + point, bob, sender)
        }
        #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) {
            try self.inbound(bytes + [0x92, 0, 32] + point, bob, sender)
        }
        _ = try self.inbound(bytes, bob, sender)
    }

    @Test("keys of another length or alphabet are refused")
    func malformedKeys() throws {
        let good = OlmAccount().curve25519
        let bytes = try #require(decodeUnpaddedBase64(good))
        let dashes = base64Unpadded([0xFB, 0xEF] + bytes.dropFirst(2)).replacing("+", with: "-")
        for key in ["", "=", "A", good + "=", String(good.dropLast()), good + "A", dashes, "é" + good.dropFirst(2)] {
            #expect(throws: OlmError(code: "INVALID_BASE64")) {
                try OlmAccount().outboundSession(to: key, oneTimeKey: good)
            }
            #expect(throws: OlmError(code: "INVALID_BASE64")) { try OlmSAS().agree(with: key) }
            #expect(throws: OlmError(code: "INVALID_BASE64")) { try BackupEncryption(publicKey: key) }
        }
        #expect(throws: OlmError.self) { try BackupDecryption(privateKey: randomBytes(31)) }
        #expect(throws: OlmError.self) { try BackupDecryption(privateKey: []) }
    }

    @Test("both sides of a comparison derive the same bytes and texts")
    func comparison() throws {
        let (left, right, other) = (OlmSAS(), OlmSAS(), OlmSAS())
        try left.agree(with: right.publicKey)
        try right.agree(with: left.publicKey)
        try other.agree(with: left.publicKey)
        #expect(left.bytes(info: "info", count: 6) == right.bytes(info: "info", count: 6))
        #expect(left.bytes(info: "info", count: 6) != left.bytes(info: "ofni", count: 6))
        #expect(left.bytes(info: "info", count: 6) != other.bytes(info: "info", count: 6))
        for method in [OlmSAS.MACMethod.hkdfV2, .hkdf] {
            #expect(left.mac("key", info: "a", method) == right.mac("key", info: "a", method))
            #expect(left.mac("key", info: "a", method) != left.mac("key", info: "b", method))
            #expect(left.mac("key", info: "a", method) != left.mac("yek", info: "a", method))
            #expect(left.mac("key", info: "a", method) != other.mac("key", info: "a", method))
        }
        #expect(decodeUnpaddedBase64(left.mac("key", info: "a", .hkdfV2))?.count == 32)
        #expect(left.mac("key", info: "a", .hkdfV2) != left.mac("key", info: "a", .hkdf))
    }

    @Test("a backup is read with its private key only")
    func backup() throws {
        // RFC 7748 §6.1.
        let known = try #require(decodeHex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let decryption = try BackupDecryption(privateKey: known)
        #expect(
            decodeUnpaddedBase64(decryption.publicKey).map(hex)
                == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let encryption = try BackupEncryption(publicKey: decryption.publicKey)
        for count in 0...33 {
            let text = randomBytes(count)
            let sealed = encryption.encrypt(text)
            #expect(
                try decryption.decrypt(ephemeral: sealed.ephemeral, mac: sealed.mac, ciphertext: sealed.ciphertext)
                    == text)
        }
        let sealed = encryption.encrypt(Array("session".utf8))
        let other = try BackupDecryption(privateKey: randomBytes(32))
        #expect(throws: OlmError.self) {
            try other.decrypt(ephemeral: sealed.ephemeral, mac: sealed.mac, ciphertext: sealed.ciphertext)
        }
        // The MAC covers no text, so a server could have any length decrypted.
        for count in [0, 1, 15, 17] {
            #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) {
                try decryption.decrypt(
                    ephemeral: sealed.ephemeral, mac: sealed.mac, ciphertext: base64Unpadded(randomBytes(count)))
            }
        }
    }

    @Test("a message that begins a session and lacks one of its keys is refused")
    func missingKey() throws {
        let (bob, sender, preKey) = try self.message()
        for (index, tag) in ([0x0A, 0x12, 0x1A] as [UInt8]).enumerated() {
            let place = 1 + index * 34
            #expect(preKey[place..<place + 2] == [tag, 32])
            let rest = Array(preKey[..<place] + preKey[(place + 34)...])
            let message = OlmMessage(kind: .preKey, body: base64Unpadded(rest))
            #expect(throws: OlmError(code: "BAD_MESSAGE_FORMAT")) { try bob.inboundSession(message, from: sender) }
        }
    }

    @Test("random bytes are refused without harm")
    func noise() throws {
        let key = PickleKey(bytes: randomBytes(32))
        let account = OlmAccount()
        let session = try account.outboundSession(to: OlmAccount().curve25519, oneTimeKey: OlmAccount().curve25519)
        let megolm = try MegolmInboundSession(sessionKey: MegolmOutboundSession().sessionKey)
        let decryption = try BackupDecryption(privateKey: randomBytes(32))
        let (bob, sender, preKey) = try self.message()
        for count in 0..<300 {
            let text = base64Unpadded(randomBytes(count))
            for pickle in [randomBytes(count), Array(text.utf8)] {
                #expect(throws: OlmError.self) { try OlmAccount(pickle: pickle, key: key) }
                #expect(throws: OlmError.self) { try OlmSession(pickle: pickle, key: key) }
                #expect(throws: OlmError.self) { try MegolmOutboundSession(pickle: pickle, key: key) }
                #expect(throws: OlmError.self) { try MegolmInboundSession(pickle: pickle, key: key) }
            }
            for text in [text, String(decoding: randomBytes(count), as: UTF8.self)] {
                #expect(throws: OlmError.self) { try MegolmInboundSession(sessionKey: text) }
                #expect(throws: OlmError.self) { try MegolmInboundSession(exported: text) }
                #expect(throws: OlmError.self) { try megolm.decrypt(text) }
                #expect(throws: OlmError.self) {
                    try decryption.decrypt(ephemeral: sender, mac: "AAAAAAAAAAA", ciphertext: text)
                }
                for kind in [OlmMessage.Kind.preKey, .normal] {
                    let message = OlmMessage(kind: kind, body: text)
                    #expect(throws: OlmError.self) { try account.inboundSession(message, from: account.curve25519) }
                    #expect(throws: OlmError.self) { try session.decrypt(message) }
                    #expect(!session.matches(message, from: account.curve25519))
                }
                #expect(!verifyEd25519(text, of: [], by: account.ed25519))
                #expect(!verifyEd25519(account.sign([]), of: [], by: text))
            }
        }
        // A message that is right but for one byte, and each part of it.
        for position in preKey.indices {
            var altered = preKey
            altered[position] ^= UInt8.random(in: 1...255)
            let message = OlmMessage(kind: .preKey, body: base64Unpadded(altered))
            // Nothing protects the first part, and not every bit of it counts.
            let text = try? bob.inboundSession(message, from: sender).decrypt(message)
            #expect(text == nil || text == [1])
            #expect(throws: OlmError.self) { try self.inbound(Array(preKey[..<position]), bob, sender) }
        }
    }
}
