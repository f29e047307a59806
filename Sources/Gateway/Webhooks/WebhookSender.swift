internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Logging
internal import Metrics
internal import Primitives
internal import Store
internal import Threads

/// Sends one hook's deliveries, one after the other.
final class WebhookSender: Sendable {
    let hook: Webhook
    private let client: HTTPClient
    private let store: SessionStore
    private let environment: BridgeEnvironment
    private let logger: Logger
    private let woken = Signal()
    private let isStopped = Protected(false)

    private static let retryPause = Duration.seconds(5)
    /// Of an answer; more of it is not read.
    private static let answerLimit = 16 << 10

    init(_ hook: Webhook, client: HTTPClient, store: SessionStore, environment: BridgeEnvironment, logger: Logger) {
        self.hook = hook
        self.client = client
        self.store = store
        self.environment = environment
        self.logger = logger.with(["hook": .string(hook.name)])
    }

    /// Something is to be sent, or may be sent here.
    func wake() { self.woken.signal() }

    func stop() {
        self.isStopped.withLock { $0 = true }
        self.woken.signal()
    }

    /// Returns when it is stopped, after the try that runs.
    func run() async {
        while !Task.isCancelled, !self.isStopped.withLock({ $0 }) {
            let hold = self.store.held.hold(of: .webhooks)
            guard self.store.held.mayPost(hold) else {
                await self.woken.wait(upTo: Self.retryPause)
                continue
            }
            do {
                let (name, now) = (self.hook.name, self.environment.now())
                switch try await self.store.read({ ledger in try ledger.nextWebhookDelivery(of: name, at: now) }) {
                case .now(let delivery): try await self.send(delivery, of: hold)
                case .later(let time): await self.woken.wait(upTo: .milliseconds(time - now))
                case .nothing: await self.woken.wait()
                }
            } catch is CancellationError {
                return
            } catch is PlaceLost {
                // Another host sends it, maybe again.
            } catch {
                self.logger.error("a webhook cannot be stored; retrying", ["error": .string("\(error)")])
                await self.woken.wait(upTo: Self.retryPause)
            }
        }
    }

    private func send(_ delivery: WebhookDelivery, of hold: PlaceHold) async throws {
        let attempt = try await self.attempt(delivery)
        FaultPoint.webhookSent.hit()
        let now = self.environment.now()
        let result = attempt.applied(to: delivery, at: now, jitter: .random(in: 0..<1))
        let name = self.hook.name
        try await self.store.write(of: hold) { ledger in
            try ledger.update(result)
            if attempt.isGone {
                try ledger.giveUpWebhookDeliveries(of: name, because: "the receiver has answered 410")
            } else if !attempt.isDelivered {
                // What waits behind it is as old.
                try ledger.giveUpWebhookDeliveries(
                    of: name, storedBefore: now - WebhookTry.lifetime,
                    because: "given up after \(WebhookTry.lifetime / 86_400_000) days")
            }
        }
        self.environment.metrics.count(
            .webhooks, ["hook": name, "result": attempt.isDelivered ? "delivered" : "failed"])
        let isFirst = result.tries == 1 && !attempt.isDelivered
        let details: JSONObject = [
            "delivery": .string(delivery.id), "error": .string(result.error ?? ""), "tries": .integer(result.tries),
        ]
        if result.state == .givenUp {
            self.logger.warning("a webhook was given up", details)
        } else if isFirst {
            self.logger.warning("a webhook could not be delivered; it is retried", details)
        }
    }

    private func attempt(_ delivery: WebhookDelivery) async throws -> WebhookTry {
        let (body, now) = (Array(delivery.body.utf8), self.environment.now())
        let request = HTTPClientRequest(
            .post, self.hook.url,
            headers: [
                "Content-Type": "application/json", "X-Jetbridge-Event": delivery.event,
                "X-Jetbridge-Delivery": delivery.id,
                "X-Jetbridge-Signature": self.hook.signature(of: body, at: now / 1_000),
            ], body: .bytes(body))
        do {
            let response = try await self.client.execute(request)
            // So that the connection can be kept; what is too long or too late is cut off.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return WebhookTry(
                status: response.status, wait: RetryAfter.read(response.headers, now: Int(now / 1_000)))
        } catch let error as HTTPClientError {
            return WebhookTry(failure: error.message)
        }
    }
}
