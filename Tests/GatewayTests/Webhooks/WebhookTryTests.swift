import HTTP
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("What follows a try to deliver")
struct WebhookTryTests {
    private static let day: Int64 = 86_400_000
    private let delivery = WebhookDelivery(
        id: "ci-1", hook: "ci", change: "1@5", session: "t_1", event: "thread", body: "{}", createdAt: 0)

    private func wait(_ attempt: WebhookTry, tries: Int64 = 0, jitter: Double) -> Int64 {
        var delivery = self.delivery
        delivery.tries = tries
        return attempt.applied(to: delivery, at: 1_000, jitter: jitter).nextAt - 1_000
    }

    @Test(
        "waits double up to an hour, and half of each is random",
        arguments: [(0, 5_000), (1, 10_000), (2, 20_000), (9, 2_560_000), (10, 3_600_000), (400, 3_600_000)])
    func backoff(tries: Int64, longest: Int64) {
        for attempt in [WebhookTry(status: .internalServerError), WebhookTry(failure: "no route")] {
            expectEqual(self.wait(attempt, tries: tries, jitter: 1), longest)
            expectEqual(self.wait(attempt, tries: tries, jitter: 0), longest / 2)
        }
    }

    @Test("Retry-After is never shortened, but ends after a day")
    func retryAfter() {
        let attempt = WebhookTry(status: .tooManyRequests, wait: .seconds(100))
        expectEqual(self.wait(attempt, jitter: 1), 100_000)
        expectEqual(self.wait(WebhookTry(status: .tooManyRequests, wait: .seconds(1)), jitter: 1), 5_000)
        expectEqual(self.wait(WebhookTry(status: .tooManyRequests, wait: .seconds(9_999_999)), jitter: 1), Self.day)
    }

    @Test("any 2xx is success, 410 the end, and three days of failures too")
    func ends() {
        for status in [200, 202, 204, 299] {
            let result = WebhookTry(status: HTTPStatus(status)).applied(to: self.delivery, at: 7, jitter: 0)
            #expect(result.state == .delivered && result.error == nil && result.tries == 1 && result.triedAt == 7)
        }
        let gone = WebhookTry(status: .gone).applied(to: self.delivery, at: 7, jitter: 0)
        #expect(gone.state == .givenUp && gone.status == 410)
        let failed = WebhookTry(status: .internalServerError)
        expectEqual(failed.applied(to: self.delivery, at: 3 * Self.day - 1, jitter: 0).state, .waiting)
        let last = failed.applied(to: self.delivery, at: 3 * Self.day, jitter: 0)
        #expect(last.state == .givenUp && last.error == "it answered 500; given up after 3 days")
        let moved = WebhookTry(status: .found).applied(to: self.delivery, at: 7, jitter: 0)
        #expect(moved.state == .waiting && moved.error?.contains("redirects are not followed") == true)
    }

    @Test("the signature covers time and body, as the documentation's example says")
    func signature() throws {
        let hook = Webhook(
            name: "ci", url: try HTTPURL("https://ci.example/in"), secret: Secret("0123456789abcdef0123456789abcdef"))
        let signature = hook.signature(of: Array(#"{"event":"ping"}"#.utf8), at: 1_700_000_000)
        // printf '1700000000.{"event":"ping"}' | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        expectEqual(signature, "t=1700000000,v1=d87c3110177ea3d0b3d41701f4a66541fcd9cb4a8f0360c5428c6edebbba15f3")
    }
}
