import JSON
import Kit
import TestSupport
import Testing

@testable import Matrix

@Suite("Matrix verification: order and time")
struct MatrixVerificationOrderTests {
    private let alice = MatrixTestIdentity("@alice:example.org", device: "ALICE")
    private let bob = MatrixTestIdentity("@bob:example.org", device: "BOB")

    private func event(_ name: String, _ content: JSON) -> MatrixVerificationEvent {
        MatrixVerificationEvent(
            place: .toDevice, type: "m.key.verification.\(name)", sender: self.alice.user,
            content: replacing(content, ["transaction_id"], with: "t"))
    }

    private var request: JSON {
        ["from_device": "ALICE", "methods": ["m.sas.v1"], "timestamp": 1_700_000_000_000]
    }

    private func handle(_ pair: inout MatrixVerificationPair, _ name: String, _ content: JSON = [:]) {
        let side = pair.sides[1]
        let actions = side.machine.handle(self.event(name, content), keys: self.alice.userKeys, at: pair.now)
        pair.perform(actions, side)
    }

    private func pair(_ place: MatrixVerificationFlow.Place = .toDevice) -> MatrixVerificationPair {
        MatrixVerificationPair([self.alice, self.bob], in: place)
    }

    @Test("what comes out of order ends it", arguments: ["start", "accept", "key", "mac", "done", "request"])
    func order(_ name: String) {
        var pair = self.pair()
        self.handle(&pair, "request", self.request)
        expectEqual(pair.sides[1].asked.count, 1)
        self.handle(&pair, name, self.request)
        expectEqual(pair.sides[1].cancelled.map(\.code), ["m.unexpected_message"])
        #expect(pair.sides[1].machine.flows.isEmpty)
    }

    @Test("an unknown verification is cancelled once", arguments: ["ready", "accept", "key", "mac"])
    func unknown(_ name: String) {
        var pair = self.pair()
        self.handle(&pair, name)
        self.handle(&pair, name)
        self.handle(&pair, "cancel")
        expectEqual(pair.sides[1].sent, ["m.key.verification.cancel"])
    }

    @Test("old and premature requests are ignored, and those of unknown devices")
    func oldRequests() {
        for time in [1_700_000_000_000 - 600_001, 1_700_000_000_000 + 300_001] as [Int64] {
            var pair = self.pair()
            self.handle(&pair, "request", replacing(self.request, ["timestamp"], with: .integer(time)))
            #expect(pair.sides[1].asked.isEmpty)
        }
        var pair = self.pair()
        self.handle(&pair, "request", replacing(self.request, ["from_device"], with: "GHOST"))
        self.handle(&pair, "request", replacing(self.request, ["methods"], with: ["m.qr_code.scan.v1"]))
        #expect(pair.sides[1].asked.isEmpty)
        #expect(pair.sides[1].sent.isEmpty)
    }

    @Test("a request of any time that is not now is ignored", arguments: ExtremeNumbers.all)
    func extremeTimes(_ time: Int64) throws {
        var pair = self.pair()
        self.handle(&pair, "request", replacing(self.request, ["timestamp"], with: .integer(time)))
        self.handle(&pair, "request", replacing(self.request, ["timestamp"], with: .number(Double(time))))
        #expect(pair.sides[1].asked.isEmpty && pair.sides[1].sent.isEmpty)

        let side = pair.sides[1]
        let said: JSON = [
            "type": "m.room.message", "sender": .string(self.alice.user), "event_id": "$1",
            "origin_server_ts": .integer(time),
            "content": [
                "msgtype": "m.key.verification.request", "to": .string(self.bob.user), "from_device": "ALICE",
                "methods": ["m.sas.v1"],
            ],
        ]
        let event = try #require(MatrixEvent(said).flatMap { MatrixVerificationEvent($0, in: "!room") })
        pair.perform(side.machine.handle(event, keys: self.alice.userKeys, at: pair.now), side)
        #expect(pair.sides[1].asked.isEmpty && pair.sides[1].sent.isEmpty)
    }

    @Test("a second request of one device cancels both")
    func secondRequest() {
        var pair = self.pair()
        self.handle(&pair, "request", self.request)
        let second = MatrixVerificationEvent(
            place: .toDevice, type: "m.key.verification.request", sender: self.alice.user,
            content: replacing(self.request, ["transaction_id"], with: "u"))
        let side = pair.sides[1]
        pair.perform(side.machine.handle(second, keys: self.alice.userKeys, at: pair.now), side)
        expectEqual(side.sent, ["m.key.verification.cancel", "m.key.verification.cancel"])
        #expect(side.machine.flows.isEmpty)
    }

    @Test("it is given up after ten minutes", arguments: [MatrixVerificationFlow.Place.toDevice, .room("!room")])
    func timeout(_ place: MatrixVerificationFlow.Place) {
        var pair = self.pair(place)
        pair.begin()
        pair.deliver()
        pair.accept()
        pair.deliver()
        pair.expire(0, after: 599_000)
        #expect(pair.sides[0].cancelled.isEmpty)
        pair.expire(0, after: 1_000)
        pair.deliver()
        expectEqual(pair.sides[0].cancelled.map(\.code), ["m.timeout"])
        expectEqual(pair.sides[1].cancelled.map(\.code), ["m.timeout"])
        expectEqual(pair.sides[1].cancelled.map(\.isTheirs), [true])
    }

    @Test("a request that nobody answers is dropped without a word")
    func unanswered() {
        var pair = self.pair()
        pair.begin()
        pair.deliver()
        pair.expire(1, after: 600_000)
        expectEqual(pair.sides[1].cancelled.map(\.code), ["m.timeout"])
        #expect(pair.sides[1].sent.isEmpty)
    }

    @Test("a client that begins without asking is asked about")
    func bareStart() {
        var pair = self.pair()
        let start: JSON = [
            "from_device": "ALICE", "method": "m.sas.v1", "key_agreement_protocols": ["curve25519-hkdf-sha256"],
            "hashes": ["sha256"], "message_authentication_codes": ["hkdf-hmac-sha256"],
            "short_authentication_string": ["decimal"],
        ]
        self.handle(&pair, "start", start)
        expectEqual(pair.sides[1].asked.count, 1)
        pair.accept()
        expectEqual(pair.sides[1].sent, ["m.key.verification.accept"])
    }

    @Test("in a room, a device that did not answer ignores the beginning")
    func unansweredStart() {
        var pair = self.pair(.room("!room"))
        pair.begin()
        pair.deliver()
        let side = pair.sides[1]
        let start = MatrixVerificationEvent(
            place: .room("!room"), type: "m.key.verification.start", sender: self.alice.user, id: "$start",
            content: [
                "from_device": "ALICE", "method": "m.sas.v1",
                "m.relates_to": ["rel_type": "m.reference", "event_id": "$event1"],
            ])
        pair.perform(side.machine.handle(start, keys: self.alice.userKeys, at: pair.now), side)
        #expect(side.sent.isEmpty)
        #expect(side.machine.flows.isEmpty)
    }

    @Test("others in the room cannot take part")
    func stranger() {
        var pair = self.pair(.room("!room"))
        pair.begin()
        pair.deliver()
        let eve = MatrixTestIdentity("@eve:example.org", device: "EVE")
        let ready = MatrixVerificationEvent(
            place: .room("!room"), type: "m.key.verification.ready", sender: eve.user, id: "$ready",
            content: [
                "from_device": "EVE", "methods": ["m.sas.v1"],
                "m.relates_to": ["rel_type": "m.reference", "event_id": "$event1"],
            ])
        let side = pair.sides[0]
        pair.perform(side.machine.handle(ready, keys: eve.userKeys, at: pair.now), side)
        expectEqual(side.sent, ["m.room.message"])
        expectEqual(side.flow?.device, nil)
    }

    @Test("a master key that changes on the way ends it")
    func changedMaster() {
        var pair = self.pair()
        pair.begin()
        let other = MatrixTestIdentity("@bob:example.org", device: "BOB")
        let side = pair.sides[0]
        let ready = MatrixVerificationEvent(
            place: .toDevice, type: "m.key.verification.ready", sender: self.bob.user,
            content: ["from_device": "BOB", "methods": ["m.sas.v1"], "transaction_id": .string(self.transaction(side))])
        pair.perform(side.machine.handle(ready, keys: other.userKeys, at: pair.now), side)
        expectEqual(side.cancelled.map(\.code), ["m.key_mismatch"])
    }

    /// The transaction of the only verification, which the machine names when it is cancelled.
    private func transaction(_ side: MatrixVerificationPair.Side) -> String {
        guard let flow = side.flow else { return "" }
        var copy = side.machine
        for case .sendToDevice(_, _, let messages) in copy.cancel(flow) {
            return messages.values.first?["transaction_id"]?.stringValue ?? ""
        }
        return ""
    }
}
