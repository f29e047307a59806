import HTTP
import Models
import TestSupport
import Testing

@Suite("When a request is retried")
struct RetryPolicyTests {
    private let policy = RetryPolicy()

    @Test("waits double, and half of each is random", arguments: [(1, 250, 500), (2, 500, 1000), (4, 2000, 4000)])
    func backoff(tries: Int, low: Int, high: Int) {
        let shortest = self.policy.delay(afterTry: tries, remaining: .seconds(600), jitter: 0)
        let longest = self.policy.delay(afterTry: tries, remaining: .seconds(600), jitter: 1)
        expectEqual(shortest, .milliseconds(low))
        expectEqual(longest, .milliseconds(high))
    }

    @Test("the last try is the fifth")
    func tries() {
        #expect(self.policy.delay(afterTry: 4, remaining: .seconds(600), jitter: 0) != nil)
        expectEqual(self.policy.delay(afterTry: 5, remaining: .seconds(600), jitter: 0), nil)
    }

    @Test("the endpoint's wait is never shortened, and a wait that is too long ends the tries")
    func retryAfter() {
        let wait = self.policy.delay(afterTry: 1, retryAfter: .seconds(7), remaining: .seconds(600), jitter: 0)
        expectEqual(wait, .seconds(7))
        let hours = self.policy.delay(afterTry: 1, retryAfter: .seconds(7200), remaining: .seconds(36_000), jitter: 0)
        expectEqual(hours, nil)
    }

    @Test("a wait that would use up the turn is not begun")
    func remaining() {
        let delay = self.policy.delay(afterTry: 1, retryAfter: .seconds(30), remaining: .seconds(30), jitter: 0)
        expectEqual(delay, nil)
    }

    @Test(
        "Retry-After in its forms",
        arguments: [
            ("7", 7000), ("0", 0), ("1.5", 1500), ("Sun, 06 Nov 1994 08:49:37 GMT", 10_000),
            ("Sun, 06 Nov 1994 08:49:00 GMT", 0), ("soon", nil), ("-5", nil), ("nan", nil), ("1e300", nil), ("", nil),
        ] as [(String, Int?)])
    func header(value: String, milliseconds: Int?) {
        let now = 784_111_767
        expectEqual(RetryAfter.read(["Retry-After": value], now: now), milliseconds.map { .milliseconds($0) })
    }

    @Test("the more precise header wins")
    func milliseconds() {
        expectEqual(RetryAfter.read(["retry-after-ms": "120", "retry-after": "1"], now: 0), .milliseconds(120))
        expectEqual(RetryAfter.read([:], now: 0), nil)
    }

    @Test("durations in words", arguments: [(3, "3 s"), (119, "119 s"), (150, "3 min"), (7201, "3 h")])
    func words(seconds: Int, text: String) {
        expectEqual(Duration.seconds(seconds).inWords, text)
    }
}
