import Kit
import Matrix
import Olm
import TestSupport
import Testing

/// Two devices, people who press buttons, and a network that loses, repeats and reorders.
@Suite("Matrix verification: random sequences")
struct MatrixVerificationPropertyTests {
    private let alice = MatrixTestIdentity("@alice:example.org", device: "ALICE")
    private let bob = MatrixTestIdentity("@bob:example.org", device: "BOB")

    /// One run; returns how many sides were verified.
    private func run(_ place: MatrixVerificationFlow.Place, seed: UInt64, faults: Int) -> Int {
        var random = SeededGenerator(state: seed)
        var pair = MatrixVerificationPair([self.alice, self.bob], in: place)
        for _ in 0..<60 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: pair.begin()
            case 1...3: pair.accept(Int.random(in: 0...1, using: &random))
            case 4...6: pair.confirm(Int.random(in: 0...1, using: &random))
            case 7 where faults > 0:
                let side = pair.sides[Int.random(in: 0...1, using: &random)]
                if let flow = side.flow { pair.perform(side.machine.cancel(flow), side) }
            case 8: pair.expire(Int.random(in: 0...1, using: &random), after: 4_000)
            case 9 where faults > 0: pair.expire(Int.random(in: 0...1, using: &random), after: 600_000)
            default:
                guard pair.waiting > 0 else { continue }
                let isFaulty = Int.random(in: 0..<100, using: &random) < faults
                let index = isFaulty ? Int.random(in: 0..<pair.waiting, using: &random) : 0
                if isFaulty, Bool.random(using: &random) {
                    pair.lose(index)
                } else {
                    pair.deliver(index, stays: isFaulty && Bool.random(using: &random))
                }
            }
            #expect(pair.sides.allSatisfy { $0.machine.flows.count <= 32 })
        }
        self.check(pair, seed)
        // Everything ends, whatever was lost.
        for side in [0, 1] { pair.expire(side, after: 600_000) }
        #expect(pair.sides.allSatisfy { $0.machine.flows.isEmpty && $0.machine.deadline == nil }, "seed \(seed)")
        return pair.sides.filter { !$0.verified.isEmpty }.count
    }

    private func check(_ pair: MatrixVerificationPair, _ seed: UInt64) {
        for (side, other) in [(pair.sides[0], self.bob), (pair.sides[1], self.alice)] {
            expectEqual(Set(side.finished).count, side.finished.count, "seed \(seed): a verification finished twice")
            // Nobody is in between, so only the true keys can be proved.
            for verified in side.verified {
                expectEqual(verified.device, other.device, "seed \(seed)")
                expectEqual(verified.master, other.keys.master.publicKey, "seed \(seed)")
            }
            // Nothing is proved that was not shown.
            #expect(side.verified.count <= side.shown.count, "seed \(seed)")
        }
        for text in pair.sides[1].shown where pair.sides[0].shown.count == 1 && pair.sides[1].shown.count == 1 {
            expectEqual(text, pair.sides[0].shown[0], "seed \(seed): both compare, and see different texts")
        }
    }

    @Test(
        "no verification finishes twice or for other keys, and all end",
        arguments: [MatrixVerificationFlow.Place.toDevice, .room("!room")], [0, 10, 40])
    func random(_ place: MatrixVerificationFlow.Place, faults: Int) {
        let verified = (0..<100).reduce(0) { $0 + self.run(place, seed: UInt64($1), faults: faults) }
        // So the runs are not all idle; with many faults hardly one gets to the end.
        #expect(faults > 10 || verified > 0)
    }
}
