import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: the pace of a token", .timeLimit(.minutes(1)))
struct GitHubPaceTests {
    /// Takes turns one after the other for two hours and returns the times.
    private func times(_ count: Int, isWrite: Bool, _ resource: GitHubResource = .core) -> [Int64] {
        var pace = GitHubPace()
        var now: Int64 = 0
        var times: [Int64] = []
        while times.count < count {
            switch pace.take(resource, points: isWrite ? 5 : 1, isWrite: isWrite, now: now) {
            case .go:
                times.append(now)
                pace.finished(resource, isWrite: isWrite, now: now)
            case .wait(let until, _):
                #expect(until > now)
                now = until
            }
        }
        return times
    }

    private func most(_ times: [Int64], within window: Int64) -> Int {
        var first = 0
        var most = 0
        for (index, time) in times.enumerated() {
            while times[first] <= time - window { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }

    @Test("reads stay below 900 points in any minute")
    func reads() {
        #expect(self.most(self.times(5_000, isWrite: false), within: 60_000) < 900)
        #expect(self.most(self.times(5_000, isWrite: false, .graphQL), within: 60_000) < 2_000)
    }

    @Test("writes are a second apart, below 80 in any minute and 500 in any hour")
    func writes() {
        let times = self.times(1_500, isWrite: true)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 1_000 })
        #expect(self.most(times, within: 60_000) < 80)
        #expect(self.most(times, within: 3_600_000) < 500)
    }

    @Test("requests under way count against the rest of the hour")
    func inFlight() {
        var pace = GitHubPace()
        pace.note(GitHubBudget(remaining: 2, limit: 5_000, resetsAt: 100), .core, secondsLeft: 10, now: 0)
        expectEqual(pace.take(.core, points: 1, isWrite: false, now: 0), .go)
        expectEqual(pace.take(.core, points: 1, isWrite: false, now: 0), .go)
        expectEqual(pace.take(.core, points: 1, isWrite: false, now: 0), .wait(until: 11_000, .budget))
        // GraphQL has an hour of its own.
        expectEqual(pace.take(.graphQL, points: 1, isWrite: false, now: 0), .go)
        expectEqual(pace.take(.core, points: 1, isWrite: false, now: 11_000), .go)
    }

    @Test("answers in another order do not raise the rest of the hour; a new hour does")
    func order() {
        var pace = GitHubPace()
        let note = { (pace: inout GitHubPace, remaining: Int, reset: Int64) in
            pace.note(
                GitHubBudget(remaining: remaining, limit: 10, resetsAt: reset), .core, secondsLeft: 60, now: 0)
        }
        note(&pace, 4, 100)
        note(&pace, 6, 100)
        expectEqual(pace.budgets[.core]?.shown.remaining, 4)
        note(&pace, 9, 3_700)
        expectEqual(pace.budgets[.core]?.shown.remaining, 9)
        note(&pace, 1, 100)
        expectEqual(pace.budgets[.core]?.shown.remaining, 9)
    }

    @Test("refusals of requests that were sent together are one strike")
    func strikes() {
        var pace = GitHubPace()
        for _ in 0..<20 { expectEqual(pace.pause(seconds: nil, sentAt: 0, now: 1_000), 61_000) }
        expectEqual(pace.pause(seconds: nil, sentAt: 61_000, now: 61_000), 61_000 + 120_000)
        pace.succeeded(sentAt: 200_000)
        expectEqual(pace.pause(seconds: nil, sentAt: 200_000, now: 200_000), 260_000)
    }
}
