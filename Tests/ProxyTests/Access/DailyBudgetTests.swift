import EventLoop
import HTTP
import Primitives
import TestSupport
import Testing

@testable import Proxy

@Suite("Tokens a day", .timeLimit(.minutes(1)))
@Net
struct DailyBudgetTests {
    private static let day: Int64 = 86_400_000
    /// Six hours after a midnight.
    private static let now = 20_000 * Self.day + 21_600_000

    private let key = ClientKey(id: "k", tokensPerDay: 10)

    /// The seconds that a refused key has to wait; nil if it is admitted.
    private func wait(_ budget: DailyBudget, _ key: ClientKey? = nil, at now: Int64 = Self.now) async throws -> String?
    {
        do {
            try await budget.charge(0, to: key ?? self.key, at: now)
            return nil
        } catch let refusal as ProxyRefusal {
            #expect(refusal.status.code == 429 && refusal.code == "tokens_exhausted")
            return refusal.headers["retry-after"]
        }
    }

    @Test("own tokens and those of others count together, and only below the limit is a key admitted")
    func together() async throws {
        let asked = Protected<[String]>([])
        let budget = DailyBudget { client, day in
            asked.withLock { $0.append("\(client) \(day)") }
            return 4
        }
        #expect(try !budget.chargeKnown(0, to: self.key, at: Self.now))
        try await expectEqual(self.wait(budget), nil)
        budget.add(AnswerTokens(input: 3, output: 2), to: self.key, at: Self.now)
        try await expectEqual(self.wait(budget), nil)
        budget.add(AnswerTokens(input: 0, output: 1), to: self.key, at: Self.now)
        try await expectEqual(self.wait(budget), "64800")
        expectEqual(asked.withLock { $0 }, ["k 20000"])
        let error = #expect(throws: ProxyRefusal.self) { try budget.chargeKnown(0, to: self.key, at: Self.now) }
        expectEqual(error?.message.contains("has used 10 of its 10 tokens"), true)
    }

    @Test("what was used before a key is first seen counts; a use above the limit too")
    func before() async throws {
        let budget = DailyBudget { _, _ in 0 }
        budget.add(AnswerTokens(input: 100, output: 100), to: self.key, at: Self.now)
        try await expectEqual(self.wait(budget), "64800")
        let exhausted = DailyBudget { _, _ in 1_000 }
        try await expectEqual(self.wait(exhausted), "64800")
    }

    @Test("the next day begins at midnight UTC")
    func midnight() async throws {
        let budget = DailyBudget { _, day in day == 20_000 ? 10 : 0 }
        let last = 20_001 * Self.day - 1
        try await expectEqual(self.wait(budget, at: last), "1")
        try await expectEqual(self.wait(budget, at: last + 1), nil)
        budget.add(AnswerTokens(input: 10, output: 0), to: self.key, at: last + 1)
        try await expectEqual(self.wait(budget, at: last + 1), "86400")
        try await expectEqual(self.wait(budget, at: last + 1 + Self.day), nil)
        // A clock that is set back a little finds the day as it was.
        try await expectEqual(self.wait(budget, at: last + 1), "86400")
    }

    @Test("a key without a limit is neither counted nor looked up; keys do not share their tokens")
    func others() async throws {
        let asked = Protected(0)
        let budget = DailyBudget { _, _ in
            asked.withLock { $0 += 1 }
            return 0
        }
        let free = ClientKey(id: "free")
        budget.add(AnswerTokens(input: 1_000, output: 0), to: free, at: Self.now)
        #expect(try budget.chargeKnown(0, to: free, at: Self.now))
        try await expectEqual(self.wait(budget, free), nil)
        expectEqual(asked.withLock { $0 }, 0)
        budget.add(AnswerTokens(input: 10, output: 0), to: self.key, at: Self.now)
        #expect(try await self.wait(budget) != nil)
        try await expectEqual(self.wait(budget, ClientKey(id: "other", tokensPerDay: 10)), nil)
    }

    @Test("what requests in progress are charged refuses only further ones that ask for tokens, and is taken back")
    func charged() async throws {
        let budget = DailyBudget { _, _ in 4 }
        try await budget.charge(100, to: self.key, at: Self.now)
        let refusal = #expect(throws: ProxyRefusal.self) { try budget.chargeKnown(1, to: self.key, at: Self.now) }
        #expect(refusal?.code == "tokens_exhausted" && refusal?.headers["retry-after"] == "5")
        expectEqual(refusal?.message.contains("4 of its 10 tokens for today"), true)
        expectEqual(refusal?.message.contains("(about 100)"), true)
        #expect(try budget.chargeKnown(0, to: self.key, at: Self.now))
        let other = ClientKey(id: "other", tokensPerDay: 10)
        try await budget.charge(3, to: other, at: Self.now)
        #expect(try budget.chargeKnown(100, to: other, at: Self.now))
        budget.settle(100, of: self.key)
        #expect(try budget.chargeKnown(5, to: self.key, at: Self.now))
        #expect(try budget.chargeKnown(5, to: self.key, at: Self.now))
    }

    @Test("if the store cannot be read, a limited key is not admitted")
    func failing() async throws {
        struct Failure: Error {}
        let budget = DailyBudget { _, _ in throw Failure() }
        await #expect(throws: Failure.self) { try await budget.charge(0, to: self.key, at: Self.now) }
        #expect(try !budget.chargeKnown(0, to: self.key, at: Self.now))
    }
}
