import JSON
import Kit
import Matrix
import Olm
import TestSupport
import Testing

@Suite("Matrix verification")
struct MatrixVerificationTests {
    private static let places: [MatrixVerificationFlow.Place] = [.toDevice, .room("!room")]
    private let alice = MatrixTestIdentity("@alice:example.org", device: "ALICE")
    private let bob = MatrixTestIdentity("@bob:example.org", device: "BOB")

    private func pair(_ place: MatrixVerificationFlow.Place, isReversed: Bool = false) -> MatrixVerificationPair {
        MatrixVerificationPair(isReversed ? [self.bob, self.alice] : [self.alice, self.bob], in: place)
    }

    /// Both show the texts.
    private func compared(_ place: MatrixVerificationFlow.Place) -> MatrixVerificationPair {
        var pair = self.pair(place)
        pair.begin()
        pair.deliver()
        pair.accept()
        pair.deliver()
        return pair
    }

    private func cancel(_ pair: MatrixVerificationPair, _ code: String, by side: Int = 0) {
        let (ours, theirs) = (pair.sides[side], pair.sides[1 - side])
        expectEqual(ours.cancelled.map(\.code), [code])
        expectEqual(ours.cancelled.map(\.isTheirs), [false])
        expectEqual(theirs.cancelled.map(\.code), [code])
        expectEqual(theirs.cancelled.map(\.isTheirs), [true])
        #expect(pair.sides.allSatisfy { $0.verified.isEmpty && $0.machine.flows.isEmpty })
    }

    @Test("both sides see the same and prove their keys", arguments: Self.places, [false, true])
    func whole(_ place: MatrixVerificationFlow.Place, isReversed: Bool) {
        var pair = self.pair(place, isReversed: isReversed)
        pair.begin()
        pair.deliver()
        expectEqual(pair.sides[1].asked.map(\.user), [pair.sides[0].identity.user])
        pair.accept()
        pair.deliver()
        expectEqual(pair.sides[0].shown.count, 1)
        expectEqual(pair.sides[0].shown, pair.sides[1].shown)
        expectEqual(pair.sides[0].shown.first?.emoji.count, 7)
        expectEqual(pair.sides[0].shown.first?.decimals.allSatisfy { (1_000...9_191).contains($0) }, true)
        pair.confirm(1)
        pair.deliver()
        #expect(pair.sides.allSatisfy { $0.verified.isEmpty })
        pair.confirm(0)
        pair.deliver()
        for (side, other) in [(pair.sides[0], pair.sides[1]), (pair.sides[1], pair.sides[0])] {
            expectEqual(side.verified.map(\.device), [other.identity.device])
            expectEqual(side.verified.map(\.master), [other.identity.keys.master.publicKey])
            #expect(side.cancelled.isEmpty)
            #expect(side.machine.flows.isEmpty)
            expectEqual(side.machine.deadline, nil)
        }
    }

    @Test("both confirm at once")
    func confirmations() {
        var pair = self.compared(.toDevice)
        pair.confirm(0)
        pair.confirm(1)
        pair.deliver()
        #expect(pair.sides.allSatisfy { $0.verified.count == 1 })
    }

    @Test("texts that differ end it", arguments: Self.places)
    func mismatch(_ place: MatrixVerificationFlow.Place) throws {
        var pair = self.compared(place)
        let flow = try #require(pair.sides[0].flow)
        pair.perform(pair.sides[0].machine.mismatch(flow), pair.sides[0])
        pair.deliver()
        self.cancel(pair, "m.mismatched_sas")
    }

    @Test("altered messages end it with the right code", arguments: Self.places)
    func altered(_ place: MatrixVerificationFlow.Place) {
        let cases: [(type: String, path: [String], value: JSON, code: String, side: Int)] = [
            ("accept", ["commitment"], "AAAA", "m.mismatched_commitment", 0),
            ("accept", ["hash"], "sha1", "m.unknown_method", 0),
            ("accept", ["message_authentication_code"], "hmac-sha256", "m.unknown_method", 0),
            ("start", ["short_authentication_string"], ["emoji"], "m.mismatched_commitment", 0),
            ("start", ["key_agreement_protocols"], ["curve25519"], "m.unknown_method", 1),
            ("key", ["key"], "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "m.invalid_message", 1),
            ("key", ["key"], 1, "m.invalid_message", 1),
        ]
        for (type, path, value, code, side) in cases {
            var pair = self.pair(place)
            pair.alter = { name, _, content in
                name == "m.key.verification.\(type)" ? replacing(content, path, with: value) : content
            }
            pair.begin()
            pair.deliver()
            pair.accept()
            pair.deliver()
            self.cancel(pair, code, by: side)
        }
    }

    @Test("an exchanged key of the comparison gives other texts")
    func exchangedKey() {
        var pair = self.pair(.toDevice)
        // The accepting side cannot be given a key after its commitment, so the first key is the only chance.
        let other = OlmSAS().publicKey
        pair.alter = { name, device, content in
            name.hasSuffix(".key") && device == "ALICE"
                ? replacing(content, ["key"], with: .string(other)) : content
        }
        pair.begin()
        pair.deliver()
        pair.accept()
        pair.deliver()
        #expect(pair.sides[0].shown != pair.sides[1].shown)
    }

    @Test("altered proofs end it")
    func alteredMAC() {
        let master = "ed25519:\(self.bob.keys.master.publicKey)"
        let cases: [([String], JSON?, String)] = [
            (["keys"], "AAAA", "m.key_mismatch"), (["mac", "ed25519:BOB"], "AAAA", "m.key_mismatch"),
            (["mac", master], "AAAA", "m.key_mismatch"), (["mac", master], nil, "m.key_mismatch"),
            (["mac", "ed25519:OTHER"], "AAAA", "m.key_mismatch"), (["mac"], 1, "m.invalid_message"),
        ]
        for (path, value, code) in cases {
            var pair = self.compared(.toDevice)
            pair.alter = { name, device, content in
                name.hasSuffix(".mac") && device == "BOB" ? replacing(content, path, with: value) : content
            }
            pair.confirm(1)
            pair.deliver()
            pair.confirm(0)
            pair.deliver()
            #expect(pair.sides[0].verified.isEmpty)
            expectEqual(pair.sides[0].cancelled.map(\.code), [code])
        }
    }

    @Test("both begin at once: the smaller user's beginning counts", arguments: Self.places, [false, true])
    func simultaneous(_ place: MatrixVerificationFlow.Place, isReversed: Bool) {
        var pair = self.pair(place, isReversed: isReversed)
        pair.begin()
        pair.deliver()
        pair.accept()
        // The side that was asked begins too, before it hears of the other beginning.
        pair.expire(1, after: 6_000)
        pair.deliver()
        #expect(pair.sides.allSatisfy { $0.sent.contains("m.key.verification.start") })
        expectEqual(pair.sides[0].shown.count, 1)
        expectEqual(pair.sides[0].shown, pair.sides[1].shown)
        let accepting = pair.sides.filter { $0.sent.contains("m.key.verification.accept") }
        expectEqual(accepting.map(\.identity.user), [self.bob.user])
    }

    @Test("own devices compare by the smaller device")
    func ownDevices() {
        let second = MatrixTestIdentity("@alice:example.org", device: "SECOND")
        var pair = MatrixVerificationPair([second, self.alice], in: .toDevice)
        pair.begin()
        pair.deliver()
        pair.accept()
        pair.expire(1, after: 6_000)
        pair.deliver()
        expectEqual(pair.sides[0].shown, pair.sides[1].shown)
        #expect(pair.sides[0].sent.contains("m.key.verification.accept"))
    }

    @Test("of two devices that are asked only one answers", arguments: Self.places)
    func twoDevices(_ place: MatrixVerificationFlow.Place) {
        let other = MatrixTestIdentity("@bob:example.org", device: "OTHER")
        var pair = MatrixVerificationPair([self.alice, self.bob, other], in: place)
        pair.begin()
        pair.deliver()
        expectEqual(pair.sides[2].asked.count, 1)
        pair.accept(1)
        pair.deliver()
        expectEqual(pair.sides[2].cancelled.map(\.code), ["m.accepted"])
        #expect(pair.sides[2].sent.isEmpty)
        expectEqual(pair.sides[0].shown, pair.sides[1].shown)
        pair.confirm(0)
        pair.confirm(1)
        pair.deliver()
        expectEqual(pair.sides[0].verified.map(\.device), ["BOB"])
        #expect(pair.sides[2].verified.isEmpty)
        #expect(pair.sides[2].machine.flows.isEmpty)
    }
}
