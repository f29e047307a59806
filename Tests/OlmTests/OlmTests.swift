import Crypto
import Olm
import Testing

@Suite("Olm: channels between two devices")
struct OlmTests {
    private let key = PickleKey(bytes: [UInt8](repeating: 7, count: 32))

    private func pair() throws -> (alice: OlmAccount, bob: OlmAccount, session: OlmSession) {
        let (alice, bob) = (OlmAccount(), OlmAccount())
        bob.makeOneTimeKeys(2)
        let oneTime = try #require(bob.unpublishedOneTimeKeys.first)
        bob.markKeysAsPublished()
        return (alice, bob, try alice.outboundSession(to: bob.curve25519, oneTimeKey: oneTime.key))
    }

    @Test("two devices talk, stored and loaded between all steps")
    func talk() throws {
        var (alice, bob, outbound) = try self.pair()
        outbound = try OlmSession(pickle: outbound.pickle(self.key), key: self.key)
        let first = outbound.encrypt(Array("hello".utf8))
        #expect(first.kind == .preKey)
        alice = try OlmAccount(pickle: alice.pickle(self.key), key: self.key)
        bob = try OlmAccount(pickle: bob.pickle(self.key), key: self.key)
        var inbound = try bob.inboundSession(first, from: alice.curve25519)
        #expect(inbound.matches(first, from: alice.curve25519))
        #expect(try inbound.decrypt(first) == Array("hello".utf8))
        bob.removeOneTimeKeys(of: inbound)
        #expect(throws: OlmError.self) { try bob.inboundSession(first, from: alice.curve25519) }
        inbound = try OlmSession(pickle: inbound.pickle(self.key), key: self.key)
        let reply = inbound.encrypt(Array("hi".utf8))
        #expect(reply.kind == .normal)
        #expect(try outbound.decrypt(reply) == Array("hi".utf8))
        #expect(outbound.hasReceived)
        #expect(throws: OlmError.self) { try outbound.decrypt(reply) }
    }

    @Test("a wrong key reads no pickle")
    func wrongKey() {
        let pickle = OlmAccount().pickle(self.key)
        let other = PickleKey(bytes: [UInt8](repeating: 8, count: 32))
        #expect(throws: OlmError.self) { try OlmAccount(pickle: pickle, key: other) }
    }

    @Test("a fallback key serves more than once, and only a new one is unpublished")
    func fallback() throws {
        let bob = OlmAccount()
        bob.makeFallbackKey()
        let fallback = try #require(bob.unpublishedFallbackKey)
        bob.markKeysAsPublished()
        #expect(bob.unpublishedFallbackKey == nil)
        for _ in 0..<2 {
            let alice = OlmAccount()
            let session = try alice.outboundSession(to: bob.curve25519, oneTimeKey: fallback.key)
            let message = session.encrypt([1])
            #expect(try bob.inboundSession(message, from: alice.curve25519).decrypt(message) == [1])
        }
    }

    @Test("keys that give a secret everybody knows are refused")
    func lowOrder() throws {
        let bob = OlmAccount()
        bob.makeOneTimeKeys(1)
        let good = try #require(bob.unpublishedOneTimeKeys.first).key
        var bad = [[UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31)]
        bad.append([0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])
        bad.append([UInt8](repeating: 0, count: 31) + [0x80])
        for key in bad.map(base64Unpadded) {
            #expect(throws: OlmError.self) { try OlmAccount().outboundSession(to: key, oneTimeKey: good) }
            #expect(throws: OlmError.self) { try OlmAccount().outboundSession(to: bob.curve25519, oneTimeKey: key) }
            #expect(throws: OlmError.self) { try OlmSAS().agree(with: key) }
            #expect(throws: OlmError.self) { try BackupEncryption(publicKey: key) }
        }
        // Inside a pre-key message, where the library would use it without asking.
        let (alice, receiver, session) = try self.pair()
        var bytes = try #require(decodeUnpaddedBase64(session.encrypt([1]).body))
        let base = try #require(bytes.indices.first { bytes[$0] == 0x12 && bytes[$0 + 1] == 32 })
        bytes.replaceSubrange(base + 2..<base + 34, with: [UInt8](repeating: 0, count: 32))
        let forged = OlmMessage(kind: .preKey, body: base64Unpadded(bytes))
        #expect(throws: OlmError(code: "BAD_PEER_KEY")) { try receiver.inboundSession(forged, from: alice.curve25519) }
    }

    @Test("a room's messages are read from the shared index on")
    func rooms() throws {
        var outbound = MegolmOutboundSession()
        let early = outbound.encrypt(Array("before".utf8))
        var inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        outbound = try MegolmOutboundSession(pickle: outbound.pickle(self.key), key: self.key)
        inbound = try MegolmInboundSession(pickle: inbound.pickle(self.key), key: self.key)
        #expect(inbound.id == outbound.id)
        #expect(inbound.firstKnownIndex == 1)
        let text = outbound.encrypt(Array("after".utf8))
        let clear = try inbound.decrypt(text)
        #expect(clear.text == Array("after".utf8))
        #expect(clear.index == 1)
        #expect(throws: OlmError(code: "UNKNOWN_MESSAGE_INDEX")) { try inbound.decrypt(early) }
        var altered = Array(text.utf8)
        altered[20] = altered[20] == 0x41 ? 0x42 : 0x41
        #expect(throws: OlmError.self) { try inbound.decrypt(String(decoding: altered, as: UTF8.self)) }
        let copy = try MegolmInboundSession(exported: try inbound.export(at: 1))
        #expect(try copy.decrypt(text).text == Array("after".utf8))
    }

    @Test("both sides of a comparison derive the same bytes and texts")
    func comparison() throws {
        let (left, right) = (OlmSAS(), OlmSAS())
        #expect(left.publicKey.utf8.count == 43)
        try left.agree(with: right.publicKey)
        try right.agree(with: left.publicKey)
        #expect(left.bytes(info: "info", count: 6) == right.bytes(info: "info", count: 6))
        for method in [OlmSAS.MACMethod.hkdfV2, .hkdf] {
            #expect(left.mac("key", info: "a", method) == right.mac("key", info: "a", method))
            #expect(left.mac("key", info: "a", method) != left.mac("key", info: "b", method))
        }
    }

    @Test("a backup is read with its private key only")
    func backup() throws {
        let decryption = try BackupDecryption(privateKey: randomBytes(32))
        let message = try BackupEncryption(publicKey: decryption.publicKey).encrypt(Array("session".utf8))
        #expect(try decryption.decrypt(message) == Array("session".utf8))
        let other = try BackupDecryption(privateKey: randomBytes(32))
        #expect(throws: OlmError.self) { try other.decrypt(message) }
    }

    @Test("signatures")
    func signatures() {
        let account = OlmAccount()
        let signature = account.sign([1, 2, 3])
        #expect(verifyEd25519(signature, of: [1, 2, 3], by: account.ed25519))
        #expect(!verifyEd25519(signature, of: [1, 2], by: account.ed25519))
        #expect(!verifyEd25519("", of: [1, 2, 3], by: account.ed25519))
        let key = Ed25519SigningKey(seed: [UInt8](repeating: 3, count: 32))
        #expect(verifyEd25519(key.sign([]), of: [], by: key.publicKey))
    }

    @Test("anything as input is refused without harm")
    func noise() {
        let account = OlmAccount()
        for count in 0..<80 {
            let bytes = randomBytes(count * 3)
            let text = base64Unpadded(bytes)
            #expect(throws: OlmError.self) { try OlmAccount(pickle: bytes, key: self.key) }
            #expect(throws: OlmError.self) { try OlmSession(pickle: Array(text.utf8), key: self.key) }
            #expect(throws: OlmError.self) { try MegolmInboundSession(sessionKey: text) }
            #expect(throws: OlmError.self) { try MegolmInboundSession(exported: text) }
            for kind in [OlmMessage.Kind.preKey, .normal] {
                #expect(throws: OlmError.self) {
                    try account.inboundSession(OlmMessage(kind: kind, body: text), from: account.curve25519)
                }
            }
        }
    }
}
