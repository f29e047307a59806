import JSON
import Kit
import Testing

@testable import Matrix

@Suite("Matrix verification: floods")
struct MatrixVerificationFloodTests {
    private static func request(from sender: String, _ transaction: String) -> MatrixVerificationEvent {
        MatrixVerificationEvent(
            place: .toDevice, type: "m.key.verification.request", sender: sender,
            content: ["from_device": "D", "methods": ["m.sas.v1"], "transaction_id": .string(transaction)])
    }

    @Test("a sender's eleventh, and everybody's hundred and first within ten minutes, cost the server no question")
    func beginnings() {
        let alice = MatrixTestIdentity("@alice:example.org", device: "ALICE")
        var machine = MatrixVerificationPair.Side(alice).machine
        var now = AdapterTime(monotonic: 1_000, wall: 1_700_000_000_000)
        func admitted(_ sender: String, _ count: Int) -> Int {
            (0..<count).count { machine.admits(Self.request(from: sender, "\(sender)\($0)"), at: now) }
        }
        #expect(admitted("@bob:example.org", 30_000) == 10)
        #expect((0..<30_000).count { admitted("@s\($0):example.org", 1) == 1 } == 90)
        #expect(admitted("@alice:example.org", 200) == 200, "its own devices")
        now.monotonic += 600_000
        #expect(admitted("@bob:example.org", 1) == 1)
    }
}
