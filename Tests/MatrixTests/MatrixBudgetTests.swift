import Matrix
import TestSupport
import Testing

@Suite("Matrix budget")
struct MatrixBudgetTests {
    /// A server with Synapse's limiter.
    private struct Server {
        var interval = 5_000.0
        var burst = 10.0
        var level = 0.0
        var at: Int64 = 0
        var refusals = 0

        /// The milliseconds to wait, or nil when it accepts the event.
        mutating func take(at now: Int64) -> Int64? {
            self.level = max(0, self.level - Double(now - self.at) / self.interval)
            self.at = now
            guard self.level + 1 > self.burst else {
                self.level += 1
                return nil
            }
            self.refusals += 1
            return Int64(((self.level + 1 - self.burst) * self.interval).rounded(.up))
        }
    }

    /// Sends every text as soon as the budget allows, as lanes do; returns when the last one was sent.
    private func drain(
        _ count: Int, _ budget: inout MatrixBudget, _ server: inout Server, from start: Int64 = 0
    ) -> Int64 {
        var due = (0..<count).map { (at: start, token: "t\($0)") }
        var now = start
        while let index = due.indices.min(by: { due[$0].at < due[$1].at }) {
            now = max(now, due[index].at)
            if let wait = budget.take(.final, for: due[index].token, at: now) {
                due[index].at = now + wait
            } else if let wait = server.take(at: now) {
                due[index].at =
                    now + budget.refused(.final, for: due[index].token, retryAfter: wait, at: now)
            } else {
                budget.succeeded(at: now)
                due.remove(at: index)
            }
        }
        return now
    }

    @Test(
        "two hundred messages are sent as fast as the server allows, almost without refusals",
        arguments: [(5_000, 2), (1_000, 5), (250, 2)])
    func fanout(interval: Int64, refusals: Int) {
        var server = Server(interval: Double(interval))
        var budget = MatrixBudget(at: 0)
        let end = self.drain(200, &budget, &server)
        #expect(end <= Int64(Double(190 * interval) * 1.02))
        #expect(server.refusals <= refusals, "\(server.refusals)")
    }

    @Test(
        "final messages are never held back before a refusal, and nothing is once the server exceeds its default")
    func unlimited() {
        var budget = MatrixBudget(at: 0)
        for number in 0..<20 {
            expectEqual(budget.take(.final, for: "\(number)", at: 0), nil)
            budget.succeeded(at: 10)
            expectEqual(budget.isWide, number >= 11)
        }
        for number in 0..<1_000 { expectEqual(budget.take(.passing, for: "\(number)", at: 20), nil) }
        expectEqual(budget.pace, nil)
        expectEqual(budget.editInterval(at: 20), 2_000)
        // The next run keeps what was learned.
        var next = MatrixBudget(isWide: true, isContinued: true, at: 0)
        for number in 0..<100 { expectEqual(next.take(.passing, for: "\(number)", at: 0), nil) }
    }

    @Test("a growing answer never exceeds the limit of a server with the default", arguments: [false, true])
    func growing(isContinued: Bool) {
        var server = Server()
        var budget = MatrixBudget(isContinued: isContinued, at: 0)
        if isContinued { for _ in 0..<4 { expectEqual(server.take(at: 0), nil) } }
        var now: Int64 = 0
        var edits = 0
        while now < 300_000 {
            let interval = budget.editInterval(at: now)
            expectEqual(budget.take(.passing, for: "e\(edits)", at: now), nil)
            expectEqual(server.take(at: now), nil)
            budget.succeeded(at: now)
            edits += 1
            now += interval
        }
        expectEqual(budget.take(.final, for: "f", at: now), nil)
        expectEqual(server.take(at: now), nil)
        expectEqual(server.refusals, 0)
        #expect(edits >= 60)
        #expect(!budget.isWide)
    }

    @Test("a first refusal that matches the default sets the default pace")
    func usual() {
        var budget = MatrixBudget(at: 0)
        for number in 0..<10 {
            expectEqual(budget.take(.final, for: "\(number)", at: 0), nil)
            budget.succeeded(at: 0)
        }
        _ = budget.refused(.final, for: "x", retryAfter: 900, at: 4_100)
        expectEqual(budget.pace, MatrixPace(interval: 5_000, burst: 10))
    }

    @Test("one refusal says how long to wait and nothing about the pace", arguments: [false, true], [false, true])
    func singleRefusal(isWide: Bool, isContinued: Bool) {
        var budget = MatrixBudget(isWide: isWide, isContinued: isContinued, at: 0)
        var now: Int64 = 0
        for number in 0..<4 {
            expectEqual(budget.take(.passing, for: "e\(number)", at: now), nil)
            budget.succeeded(at: now)
            now += budget.editInterval(at: now)
        }
        expectEqual(budget.take(.passing, for: "e4", at: now), nil)
        expectEqual(budget.refused(.passing, for: "e4", retryAfter: 3_000, at: now), 3_000)
        expectEqual(budget.take(.passing, for: "e4", at: now + 2_999), 1)
        expectEqual(budget.take(.final, for: "f", at: now + 2_999), 1)
        now += 3_000
        var undisturbed = MatrixBudget(isWide: isWide, at: now)
        for answer in 0..<6 {
            for edit in 0..<3 {
                expectEqual(budget.take(.passing, for: "a\(answer).\(edit)", at: now), nil)
                expectEqual(undisturbed.take(.passing, for: "a\(answer).\(edit)", at: now), nil)
                budget.succeeded(at: now)
                undisturbed.succeeded(at: now)
                #expect(budget.editInterval(at: now) <= max(2_000, undisturbed.editInterval(at: now) + 5_000))
                now += budget.editInterval(at: now)
            }
            expectEqual(budget.take(.final, for: "f\(answer)", at: now), nil)
            budget.succeeded(at: now)
            now += 10_000
        }
        expectEqual(budget.pace, nil)
        expectEqual(budget.isWide, isWide)
    }

    @Test("three refusals that the same limit explains set the pace", arguments: [250, 400, 1_000, 3_000, 5_000])
    func explainedRefusals(interval: Int64) {
        var server = Server(interval: Double(interval), burst: 4)
        for _ in 0..<4 { expectEqual(server.take(at: 0), nil) }
        var budget = MatrixBudget(isContinued: true, at: 0)
        var now = interval / 4
        var waits: [Int64] = []
        var number = 0
        while waits.count < 3 {
            number += 1
            while let wait = budget.take(.final, for: "\(number)", at: now) { now += wait }
            if let wait = server.take(at: now) {
                waits.append(budget.refused(.final, for: "\(number)", retryAfter: wait, at: now))
                expectEqual(waits.last, wait)
                expectEqual(budget.pace == nil, waits.count < 3)
            } else {
                budget.succeeded(at: now)
                now += interval / 10
            }
        }
        #expect(abs((budget.pace?.interval ?? 0) - interval) <= interval / 10)
        if interval == 5_000 { expectEqual(budget.pace, MatrixPace(interval: 5_000, burst: 10)) }
    }

    @Test("a limit of one event at a time still lets previews through")
    func smallestBurst() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 1), at: 0)
        expectEqual(budget.take(.passing, for: "p", at: 0), nil)
        expectEqual(budget.editInterval(at: 0), 2_000)
        expectEqual(budget.take(.passing, for: "p", at: 2_000), nil)
    }

    @Test("refusals at random do not slow down the edits on a server without a limit")
    func random() {
        var generator = SeededGenerator(state: 3)
        var budget = MatrixBudget(isWide: true, at: 0)
        var now: Int64 = 0
        var edits = 0
        while now < 3_600_000 {
            while let wait = budget.take(.passing, for: "e", at: now) { now += wait }
            if Int.random(in: 0..<50, using: &generator) == 0 {
                now += budget.refused(.passing, for: "e", retryAfter: 3_000, at: now)
            } else {
                budget.succeeded(at: now)
                edits += 1
                now += budget.editInterval(at: now)
            }
        }
        #expect(edits > 1_500, "\(edits)")
    }

    @Test("a preview may be the first event after a refusal, even if the limit is known")
    func resuming() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 5_000, burst: 10), at: 0)
        for number in 0..<10 { expectEqual(budget.take(.final, for: "\(number)", at: 0), nil) }
        expectEqual(budget.refused(.passing, for: "p", retryAfter: 2_000, at: 1_000), 2_000)
        expectEqual(budget.take(.passing, for: "p", at: 2_500), 500)
        expectEqual(budget.take(.passing, for: "p", at: 3_000), nil)
        // The next final message comes as soon as the pace allows.
        let next = budget.take(.final, for: "f", at: 3_000)
        expectEqual(next, budget.pace?.interval)
    }

    @Test("a limit wider than the default is found step by step")
    func wider() {
        var server = Server(interval: 500, burst: 20)
        var budget = MatrixBudget(at: 0)
        let end = self.drain(500, &budget, &server)
        #expect(end < 500 * 1_200, "\(end)")
        #expect((budget.pace?.interval ?? 0) < 1_000)
    }

    @Test("repeated refusals never make the pace much slower than the server asks for")
    func spurious() {
        var budget = MatrixBudget(at: 0)
        var now: Int64 = 0
        for number in 0..<100 {
            while let wait = budget.take(.final, for: "\(number)", at: now) { now += wait }
            now += budget.refused(.final, for: "\(number)", retryAfter: 1_000, at: now)
        }
        #expect((budget.pace?.interval ?? 0) <= 1_250)
    }

    @Test("final messages are sent in the order in which they asked, before previews")
    func order() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 1), at: 0)
        expectEqual(budget.take(.final, for: "a", at: 0), nil)
        expectEqual(budget.take(.final, for: "b", at: 0), 1_000)
        expectEqual(budget.take(.final, for: "c", at: 0), 2_000)
        #expect((budget.take(.passing, for: "p", at: 0) ?? 0) > 2_000)
        expectEqual(budget.take(.final, for: "d", at: 1_000), 2_000)
        expectEqual(budget.take(.final, for: "b", at: 1_000), nil)
        #expect(budget.take(.passing, for: "p", at: 1_500) != nil)
        expectEqual(budget.take(.final, for: "c", at: 2_000), nil)
        expectEqual(budget.take(.final, for: "d", at: 3_000), nil)
    }

    @Test("what an ask offers comes before previews, behind messages, and is not held back without a limit")
    func deferred() {
        var unknown = MatrixBudget(at: 0)
        for number in 0..<12 { expectEqual(unknown.take(.deferred, for: "\(number)", at: 0), nil) }
        #expect(unknown.take(.passing, for: "p", at: 0) != nil)
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 2), at: 0)
        expectEqual(budget.take(.deferred, for: "a", at: 0), nil)
        #expect(budget.take(.passing, for: "p", at: 0) != nil)
        expectEqual(budget.take(.deferred, for: "b", at: 0), nil)
        expectEqual(budget.take(.final, for: "f", at: 0), 1_000)
        expectEqual(budget.take(.deferred, for: "c", at: 0), 2_000)
        expectEqual(budget.take(.deferred, for: "c", at: 1_000), 1_000)
        expectEqual(budget.take(.final, for: "f", at: 1_000), nil)
        expectEqual(budget.take(.deferred, for: "c", at: 2_000), nil)
    }

    @Test("an abandoned message does not hold up others for long")
    func abandoned() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 2), at: 0)
        expectEqual(budget.take(.final, for: "a", at: 0), nil)
        expectEqual(budget.take(.final, for: "b", at: 0), nil)
        #expect(budget.take(.final, for: "gone", at: 0) != nil)
        #expect(budget.take(.passing, for: "p", at: 3_000) != nil)
        expectEqual(budget.take(.passing, for: "p", at: 17_000), nil)
    }

    @Test("previews leave a reserve for final messages")
    func reserve() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 5_000, burst: 10), at: 0)
        var previews = 0
        while budget.take(.passing, for: "p", at: 0) == nil { previews += 1 }
        expectEqual(previews, 8)
        expectEqual(budget.take(.final, for: "f", at: 0), nil)
    }

    @Test("the wait of a refusal is respected, and edits slow down to the pace")
    func refused() {
        var budget = MatrixBudget(at: 0)
        expectEqual(budget.take(.passing, for: "p", at: 0), nil)
        expectEqual(budget.refused(.passing, for: "p", retryAfter: 7_500, at: 0), 7_500)
        #expect(budget.editInterval(at: 0) >= 7_500)
        #expect((budget.take(.final, for: "f", at: 1_000) ?? 0) >= 6_500)
        expectEqual(budget.refused(.final, for: "f", retryAfter: nil, at: 9_000), 5_000)
    }
}
