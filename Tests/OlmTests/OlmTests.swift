import Crypto
import Olm
import Testing

@Suite("Olm: channels between two devices")
struct OlmTests {
    private let key = PickleKey(bytes: [UInt8](repeating: 7, count: 32))

    /// Bob has two published one-time keys, and Alice has begun a session with the first.
    private func pair() throws -> (alice: OlmAccount, bob: OlmAccount, session: OlmSession) {
        let (alice, bob) = (OlmAccount(), OlmAccount())
        bob.makeOneTimeKeys(2)
        let oneTime = try #require(bob.unpublishedOneTimeKeys.first)
        bob.markKeysAsPublished()
        return (alice, bob, try alice.outboundSession(to: bob.curve25519, oneTimeKey: oneTime.key))
    }

    private func reloaded(_ session: OlmSession) throws -> OlmSession {
        let copy = try OlmSession(pickle: session.pickle(self.key), key: self.key)
        #expect(copy.id == session.id)
        return copy
    }

    private func reloaded(_ account: OlmAccount) throws -> OlmAccount {
        let copy = try OlmAccount(pickle: account.pickle(self.key), key: self.key)
        #expect(copy.curve25519 == account.curve25519)
        #expect(copy.ed25519 == account.ed25519)
        return copy
    }

    @Test("two devices talk, stored and loaded between all steps")
    func talk() throws {
        var (alice, bob, outbound) = try self.pair()
        outbound = try self.reloaded(outbound)
        let first = outbound.encrypt(Array("hello".utf8))
        #expect(first.kind == .preKey)
        alice = try self.reloaded(alice)
        bob = try self.reloaded(bob)
        var inbound = try bob.inboundSession(first, from: alice.curve25519)
        #expect(inbound.id == outbound.id)
        #expect(inbound.matches(first, from: alice.curve25519))
        #expect(!inbound.matches(first, from: bob.curve25519))
        #expect(try inbound.decrypt(first) == Array("hello".utf8))
        bob.removeOneTimeKeys(of: inbound)
        bob = try self.reloaded(bob)
        #expect(!outbound.hasReceived)
        for round in 0..<3 {
            inbound = try self.reloaded(inbound)
            let reply = inbound.encrypt(Array("reply \(round)".utf8))
            #expect(reply.kind == .normal)
            outbound = try self.reloaded(outbound)
            #expect(try outbound.decrypt(reply) == Array("reply \(round)".utf8))
            #expect(outbound.hasReceived)
            #expect(throws: OlmError(code: "BAD_MESSAGE_MAC")) { try outbound.decrypt(reply) }
            // Out of order, empty and of all lengths around a block.
            let messages = (0...33).map { outbound.encrypt([UInt8](repeating: 1, count: $0)) }
            for (count, message) in messages.enumerated().reversed() {
                #expect(try inbound.decrypt(message) == [UInt8](repeating: 1, count: count))
            }
        }
    }

    @Test("a one-time key begins one session, and only for the device that it names")
    func oneTimeKey() throws {
        let (alice, bob, session) = try self.pair()
        let message = session.encrypt([1])
        #expect(throws: OlmError.self) { try bob.inboundSession(message, from: bob.curve25519) }
        #expect(throws: OlmError(code: "BAD_MESSAGE_KEY_ID")) {
            try OlmAccount().inboundSession(message, from: alice.curve25519)
        }
        let inbound = try bob.inboundSession(message, from: alice.curve25519)
        bob.removeOneTimeKeys(of: inbound)
        #expect(throws: OlmError(code: "BAD_MESSAGE_KEY_ID")) {
            try bob.inboundSession(message, from: alice.curve25519)
        }
    }

    @Test("keys are unpublished until they are marked, also after a restart")
    func publishing() throws {
        var account = OlmAccount()
        account.makeOneTimeKeys(OlmAccount.oneTimeKeyLimit)
        account = try self.reloaded(account)
        #expect(Set(account.unpublishedOneTimeKeys.map(\.key)).count == OlmAccount.oneTimeKeyLimit)
        account.markKeysAsPublished()
        account = try self.reloaded(account)
        #expect(account.unpublishedOneTimeKeys.isEmpty)
        account.makeOneTimeKeys(0)
        account.makeOneTimeKeys(-1)
        #expect(account.unpublishedOneTimeKeys.isEmpty)
    }

    @Test("a fallback key serves more than once, and the one before until it is forgotten")
    func fallback() throws {
        let bob = OlmAccount()
        #expect(bob.unpublishedFallbackKey == nil)
        bob.makeFallbackKey()
        let fallback = try #require(bob.unpublishedFallbackKey)
        bob.markKeysAsPublished()
        #expect(bob.unpublishedFallbackKey == nil)
        // The session that somebody began with it, as Bob sees it.
        func begin() throws -> (OlmMessage, from: String) {
            let alice = OlmAccount()
            let session = try alice.outboundSession(to: bob.curve25519, oneTimeKey: fallback.key)
            return (session.encrypt([1]), alice.curve25519)
        }
        for _ in 0..<2 {
            let (message, sender) = try begin()
            let session = try bob.inboundSession(message, from: sender)
            #expect(try session.decrypt(message) == [1])
            bob.removeOneTimeKeys(of: session)
        }
        bob.makeFallbackKey()
        #expect(try #require(bob.unpublishedFallbackKey).key != fallback.key)
        let (message, sender) = try begin()
        #expect(try bob.inboundSession(message, from: sender).decrypt(message) == [1])
        bob.forgetOldFallbackKey()
        #expect(throws: OlmError(code: "BAD_MESSAGE_KEY_ID")) { try bob.inboundSession(message, from: sender) }
    }

    @Test("a wrong key or an altered pickle opens nothing")
    func pickles() throws {
        let (account, _, session) = try self.pair()
        let other = PickleKey(bytes: [UInt8](repeating: 8, count: 32))
        #expect("\(other) \(String(reflecting: other))" == "<redacted> <redacted>")
        let outbound = MegolmOutboundSession()
        let inbound = try MegolmInboundSession(sessionKey: outbound.sessionKey)
        let wrong = OlmError(code: "BAD_ACCOUNT_KEY")
        #expect(throws: wrong) { try OlmAccount(pickle: account.pickle(self.key), key: other) }
        #expect(throws: wrong) { try OlmSession(pickle: session.pickle(self.key), key: other) }
        #expect(throws: wrong) { try MegolmOutboundSession(pickle: outbound.pickle(self.key), key: other) }
        #expect(throws: wrong) { try MegolmInboundSession(pickle: inbound.pickle(self.key), key: other) }
        var altered = session.pickle(self.key)
        altered[100] = altered[100] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        #expect(throws: wrong) { try OlmSession(pickle: altered, key: self.key) }
        #expect(throws: OlmError.self) { try OlmSession(pickle: account.pickle(self.key), key: self.key) }
        #expect(throws: OlmError.self) { try OlmSession(pickle: [], key: self.key) }
    }
}
