import Matrix
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

        /// The milliseconds to wait, or nil when it takes the event.
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

    /// Sends every text as soon as it may, as lanes do; returns when the last one went.
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
        "Two hundred texts at once go as fast as the server allows, nearly without refusals",
        arguments: [(5_000, 2), (1_000, 5), (250, 2)])
    func fanout(interval: Int64, refusals: Int) {
        var server = Server(interval: Double(interval))
        var budget = MatrixBudget(at: 0)
        let end = self.drain(200, &budget, &server)
        #expect(end <= Int64(Double(190 * interval) * 1.02))
        #expect(server.refusals <= refusals, "\(server.refusals)")
    }

    @Test(
        "Texts that stay are never held back before a refusal; once the server took more than its default, nothing is")
    func unlimited() {
        var budget = MatrixBudget(at: 0)
        for number in 0..<20 {
            #expect(budget.take(.final, for: "\(number)", at: 0) == nil)
            budget.succeeded(at: 10)
            #expect(budget.isWide == (number >= 11))
        }
        for number in 0..<1_000 { #expect(budget.take(.passing, for: "\(number)", at: 20) == nil) }
        #expect(budget.pace == nil)
        #expect(budget.editInterval(at: 20) == 2_000)
        // What was found out lasts.
        var next = MatrixBudget(isWide: true, isContinued: true, at: 0)
        for number in 0..<100 { #expect(next.take(.passing, for: "\(number)", at: 0) == nil) }
    }

    @Test("A growing answer never asks more of a server with the default than it gives", arguments: [false, true])
    func growing(isContinued: Bool) {
        var server = Server()
        var budget = MatrixBudget(isContinued: isContinued, at: 0)
        if isContinued { for _ in 0..<4 { #expect(server.take(at: 0) == nil) } }
        var now: Int64 = 0
        var edits = 0
        while now < 300_000 {
            let interval = budget.editInterval(at: now)
            #expect(budget.take(.passing, for: "e\(edits)", at: now) == nil)
            #expect(server.take(at: now) == nil)
            budget.succeeded(at: now)
            edits += 1
            now += interval
        }
        #expect(budget.take(.final, for: "f", at: now) == nil)
        #expect(server.take(at: now) == nil)
        #expect(server.refusals == 0)
        #expect(edits >= 60)
        #expect(!budget.isWide)
    }

    @Test("The first refusal at the default's burst, or with its time, is the default's")
    func usual() {
        var budget = MatrixBudget(at: 0)
        for number in 0..<10 {
            #expect(budget.take(.final, for: "\(number)", at: 0) == nil)
            budget.succeeded(at: 0)
        }
        _ = budget.refused(.final, for: "x", retryAfter: 900, at: 4_100)
        #expect(budget.pace == MatrixPace(interval: 5_000, burst: 10))
        var restarted = MatrixBudget(isContinued: true, at: 0)
        _ = restarted.refused(.final, for: "x", retryAfter: 4_000, at: 0)
        #expect(restarted.pace == MatrixPace(interval: 5_000, burst: 10))
        var strict = MatrixBudget(at: 0)
        _ = strict.refused(.final, for: "x", retryAfter: 400, at: 0)
        #expect(strict.pace?.interval == 400)
    }

    @Test("A wider limit than the usual one is found again by careful tries")
    func wider() {
        var server = Server(interval: 500, burst: 20)
        var budget = MatrixBudget(at: 0)
        let end = self.drain(500, &budget, &server)
        #expect(end < 500 * 1_200, "\(end)")
        #expect((budget.pace?.interval ?? 0) < 1_000)
    }

    @Test("Refusals that come again and again never make it much slower than what the server asks for")
    func spurious() {
        var budget = MatrixBudget(at: 0)
        var now: Int64 = 0
        for number in 0..<100 {
            while let wait = budget.take(.final, for: "\(number)", at: now) { now += wait }
            now += budget.refused(.final, for: "\(number)", retryAfter: 1_000, at: now)
        }
        #expect((budget.pace?.interval ?? 0) <= 1_250)
    }

    @Test("Texts that stay go in the order in which they asked, before what is only shown on the way")
    func order() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 1), at: 0)
        #expect(budget.take(.final, for: "a", at: 0) == nil)
        #expect(budget.take(.final, for: "b", at: 0) == 1_000)
        #expect(budget.take(.final, for: "c", at: 0) == 2_000)
        #expect((budget.take(.passing, for: "p", at: 0) ?? 0) > 2_000)
        #expect(budget.take(.final, for: "d", at: 1_000) == 2_000)
        #expect(budget.take(.final, for: "b", at: 1_000) == nil)
        #expect(budget.take(.passing, for: "p", at: 1_500) != nil)
        #expect(budget.take(.final, for: "c", at: 2_000) == nil)
        #expect(budget.take(.final, for: "d", at: 3_000) == nil)
    }

    @Test("A text that nobody comes for any more holds up nothing for long")
    func abandoned() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 1_000, burst: 2), at: 0)
        #expect(budget.take(.final, for: "a", at: 0) == nil)
        #expect(budget.take(.final, for: "b", at: 0) == nil)
        #expect(budget.take(.final, for: "gone", at: 0) != nil)
        #expect(budget.take(.passing, for: "p", at: 3_000) != nil)
        #expect(budget.take(.passing, for: "p", at: 17_000) == nil)
    }

    @Test("Previews leave something for the text that stays")
    func reserve() {
        var budget = MatrixBudget(pace: MatrixPace(interval: 5_000, burst: 10), at: 0)
        var previews = 0
        while budget.take(.passing, for: "p", at: 0) == nil { previews += 1 }
        #expect(previews == 8)
        #expect(budget.take(.final, for: "f", at: 0) == nil)
    }

    @Test("The refusal's own time is kept, and shown edits slow down to the pace")
    func refused() {
        var budget = MatrixBudget(at: 0)
        #expect(budget.take(.passing, for: "p", at: 0) == nil)
        #expect(budget.refused(.passing, for: "p", retryAfter: 7_500, at: 0) == 7_500)
        #expect(budget.editInterval(at: 0) >= 7_500)
        #expect((budget.take(.final, for: "f", at: 1_000) ?? 0) >= 6_500)
        #expect(budget.refused(.final, for: "f", retryAfter: nil, at: 9_000) == 5_000)
    }
}
