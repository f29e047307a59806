import Telegram
import TestSupport
import Testing

@Suite("The send budget")
struct TelegramBudgetTests {
    @Test("A chat accepts a burst of three, then one message a second")
    func pace() {
        var budget = TelegramBudget()
        for _ in 0..<3 { expectEqual(budget.ask(42, .final, at: 0), .go) }
        expectEqual(budget.ask(42, .final, at: 0), .refuse(3_050))
        expectEqual(budget.ask(42, .final, at: 2_100), .wait(950))
        expectEqual(budget.ask(42, .preview, at: 0), .refuse(3_050))
        expectEqual(budget.ask(42, .preview, at: 2_100), .spare(950))
        expectEqual(budget.ask(42, .final, at: 3_050), .go)
    }

    @Test("A group accepts twenty messages a minute, and four of them are reserved for finals")
    func group() {
        var budget = TelegramBudget()
        var sent = 0
        var now: Int64 = 0
        while now < 50_000 {
            if budget.ask(-5, .preview, at: now) == .go { sent += 1 }
            now += 500
        }
        expectEqual(sent, 16)
        for _ in 0..<8 {
            if budget.ask(-5, .final, at: now) == .go { sent += 1 }
            now += 1_100
        }
        expectEqual(sent, 20)
    }

    /// All callers wait as long as the budget asks them to.
    @Test("Finals to two hundred chats at once take little longer than the token's limit requires")
    func fanout() {
        var budget = TelegramBudget()
        var due = [Int64: Int64]()
        for chat in 1...200 { due[Int64(chat)] = 0 }
        var times: [Int64] = []
        var asked = 0
        var probes = 0
        while let next = due.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            asked += 1
            switch budget.ask(next.key, .final, at: next.value) {
            case .go:
                times.append(next.value)
                due[next.key] = nil
            case .probe:
                probes += 1
                times.append(next.value)
                due[next.key] = nil
            case .wait(let time), .refuse(let time), .spare(let time): due[next.key] = next.value + time
            }
        }
        // At most thirty in any second, and within a bucket of thirty that refills at thirty a second.
        for (index, time) in times.enumerated().dropFirst(30) { #expect(time - times[index - 30] > 1_000) }
        for (index, time) in times.enumerated() { #expect(Double(index + 1) <= 30 + Double(time) * 0.03) }
        // A burst of thirty, then thirty a second, would take 5.7 s.
        #expect((times.last ?? 0) < 6_450)
        expectEqual(probes, 1)
        #expect(asked < 2_000)
    }

    @Test("A lone sender may exceed the token's limit until Telegram throttles it")
    func probes() {
        var budget = TelegramBudget()
        for chat in 1...29 { expectEqual(budget.ask(Int64(chat), .final, at: 0), .go) }
        expectEqual(budget.ask(1_000, .preview, at: 0), .refuse(1_050))
        for chat in 30...90 {
            expectEqual(budget.ask(Int64(chat), .final, at: 1), .probe)
            budget.probed(wasRefused: false, at: 1)
        }
        expectEqual(budget.ask(91, .final, at: 2), .probe)
        // Only one probe at a time.
        expectEqual(budget.ask(92, .final, at: 50), .wait(1_000))
        budget.probed(wasRefused: true, at: 53)
        // The refused probe used no budget, and there is no further probe for an hour.
        expectEqual(budget.ask(93, .final, at: 50), .wait(1_000))
        for chat in 100...128 { expectEqual(budget.ask(Int64(chat), .final, at: 1_000_000), .go) }
        expectEqual(budget.ask(129, .final, at: 1_000_100), .wait(950))
        for chat in 200...228 { expectEqual(budget.ask(Int64(chat), .final, at: 4_000_000), .go) }
        expectEqual(budget.ask(229, .final, at: 4_000_000), .probe)
    }

    @Test("A chat that returns slightly late still has its reserved place, even if others asked in between")
    func places() {
        var budget = TelegramBudget()
        for chat in 1...29 { expectEqual(budget.ask(Int64(chat), .final, at: 0), .go) }
        expectEqual(budget.ask(30, .final, at: 0), .probe)
        for chat in 31...59 { expectEqual(budget.ask(Int64(chat), .final, at: 10), .refuse(1_040)) }
        expectEqual(budget.ask(60, .final, at: 1_050), .refuse(1_050))
        expectEqual(budget.ask(31, .preview, at: 1_060), .refuse(1_040))
        for chat in 31...59 { expectEqual(budget.ask(Int64(chat), .final, at: 1_100), .go) }
        // Reserved places expire.
        expectEqual(budget.ask(61, .final, at: 2_601), .go)
    }

    @Test("A refusal pauses its chat; refusals in three chats at once pause the token")
    func pauses() {
        var budget = TelegramBudget()
        budget.pause(1, for: 5_000, at: 0)
        expectEqual(budget.ask(1, .final, at: 0), .refuse(5_000))
        expectEqual(budget.ask(2, .final, at: 0), .go)
        budget.pause(2, for: 5_000, at: 100)
        budget.pause(3, for: 5_000, at: 200)
        expectEqual(budget.ask(4, .final, at: 300), .refuse(4_900))
        expectEqual(budget.ask(4, .final, at: 5_200), .go)
    }

    @Test("A final goes out at once in a chat with constant previews")
    func chatReserve() {
        var budget = TelegramBudget()
        for now in stride(from: Int64(0), to: 20_000, by: 100) {
            _ = budget.ask(42, .preview, at: now)
            var copy = budget
            expectEqual(copy.ask(42, .final, at: now), .go)
        }
    }

    @Test("Previews leave room for finals")
    func reserve() {
        var budget = TelegramBudget()
        var sent = 0
        for chat in 1...40 where budget.ask(Int64(chat), .preview, at: 0) == .go { sent += 1 }
        expectEqual(sent, 21)
        expectEqual(budget.ask(99, .final, at: 0), .go)
    }
}
