import Primitives
import TestSupport
import Testing

@testable import Sessions

@Suite("Turn gate", .timeLimit(.minutes(1)))
struct TurnGateTests {
    /// Enters for each person in order, waiting until each is in the queue, and returns the order of admission.
    private func admitted(_ people: [String], through gate: TurnGate, leaving held: String) async throws -> [String] {
        let order = Protected<[String]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in people {
                group.addTask {
                    try? await gate.enter(person)
                    order.withLock { $0.append(person) }
                    await gate.leave(person)
                }
                try await eventually("\(person) waits") { await gate.waitingCount > people.firstIndex(of: person) ?? 0 }
            }
            try await eventually("all wait") { await gate.waitingCount >= people.count }
            await gate.leave(held)
        }
        return order.withLock { $0 }
    }

    @Test("waiting turns are admitted round robin by person")
    func fair() async throws {
        let gate = TurnGate(perHost: 1, perPerson: 1)
        #expect(await gate.tryEnter("greedy"))
        let order = try await self.admitted(["greedy", "greedy", "greedy", "modest"], through: gate, leaving: "greedy")
        expectEqual(order.firstIndex(of: "modest"), 1)
    }

    @Test("one person's limit does not delay others")
    func perPerson() async throws {
        let gate = TurnGate(perHost: 10, perPerson: 1)
        #expect(await gate.tryEnter("a"))
        #expect(await !gate.tryEnter("a"))
        #expect(await gate.tryEnter("b"))
    }

    @Test("a cancelled turn takes no place")
    func cancelled() async throws {
        let gate = TurnGate(perHost: 1, perPerson: 1)
        #expect(await gate.tryEnter("a"))
        let waiting = Task { try await gate.enter("b") }
        try await eventually("the turn waits") { await gate.waitingCount > 0 }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        await gate.leave("a")
        #expect(await gate.tryEnter("c"))
    }
}
