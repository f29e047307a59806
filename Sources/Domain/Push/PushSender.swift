package import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON
package import Logging
internal import Primitives
package import Store

/// Sends what waits for browsers to their push services. In a cluster, the host that has the webhooks does.
package final class PushSender: Sendable {
    private let key: PushKey
    private let contact: String?
    private let store: SessionStore
    private let now: @Sendable () -> Int64
    private let logger: Logger
    private let client: HTTPClient
    private let isWanted: IsWanted
    private let woken = Signal()
    private let isStopped = Protected(false)

    /// Whether a message still says something new: its ask is open, its mention not seen.
    package typealias IsWanted = @Sendable (Ledger, PushNote, PushSubscription) throws -> Bool

    private static let batch = 16
    private static let retryPause = Duration.seconds(5)
    /// Bytes of an answer; more of it is not read.
    private static let answerLimit = 4 << 10

    /// - Parameters:
    ///   - contact: This host's page, if that is an `https:` URL.
    ///   - refused: Why a push service may not be at an address.
    package init(
        key: PushKey, contact: String?, store: SessionStore, now: @escaping @Sendable () -> Int64, logger: Logger,
        refused: @escaping @Sendable (IPAddress, UInt16) -> String?, allowsPlain: Bool = false,
        isWanted: @escaping IsWanted
    ) {
        self.key = key
        self.contact = contact
        self.store = store
        self.now = now
        self.logger = logger
        var client = HTTPClientSettings()
        client.connectTimeout = .seconds(5)
        client.totalTimeout = .seconds(10)
        client.maxIdleConnections = 4
        client.allowsPlainHTTP = allowsPlain
        self.client = HTTPClient(client, refusing: refused)
        self.isWanted = isWanted
    }

    /// Something waits, or may be sent here.
    package func wake() { self.woken.signal() }

    package func stop() {
        self.isStopped.withLock { $0 = true }
        self.woken.signal()
    }

    /// Returns when it is stopped, after the tries that run.
    package func run() async {
        while !Task.isCancelled, !self.isStopped.withLock({ $0 }) {
            let hold = self.store.held.hold(of: .webhooks)
            guard self.store.held.mayPost(hold) else {
                await self.woken.wait(upTo: Self.retryPause)
                continue
            }
            do {
                let now = self.now()
                let (due, next) = try await self.store.read { ledger in
                    (try ledger.duePushes(at: now, limit: Self.batch), try ledger.nextPush())
                }
                guard due.isEmpty else {
                    try await withThrowingDiscardingTaskGroup { group in
                        for note in due { group.addTask(name: "push") { try await self.send(note, of: hold) } }
                    }
                    continue
                }
                if let next { await self.woken.wait(upTo: .milliseconds(next - now)) } else { await self.woken.wait() }
            } catch is CancellationError {
                return
            } catch is PlaceLost {
                // Another host sends it, maybe again.
            } catch {
                self.logger.error("a push cannot be stored; retrying", ["error": .string("\(error)")])
                await self.woken.wait(upTo: Self.retryPause)
            }
        }
    }

    private func send(_ due: PushNote, of hold: PlaceHold) async throws {
        let ready = try await self.store.write(of: hold) { ledger in try self.prepare(due, in: ledger) }
        guard let (note, subscription) = ready else { return }
        let outcome = try await self.attempt(note, subscription)
        let now = self.now()
        let next = outcome.next(after: note.tries + 1, at: now, jitter: .random(in: 0..<1))
        try await self.store.write(of: hold) { ledger in
            if outcome == .gone { try ledger.deletePushSubscription(subscription.id) }
            guard let next, next < note.endsAt else { return try ledger.deletePush(note.number) }
            var note = note
            (note.tries, note.nextAt) = (note.tries + 1, next)
            try ledger.update(note)
        }
        switch outcome {
        case .delivered, .gone: break
        case .refused(let status):
            self.logger.warning(
                "a push service refused a message; it was given up",
                ["service": .string(subscription.endpoint.host), "status": .integer(Int64(status))])
        case .failed(let reason, _):
            self.logger.info(
                next == nil ? "a push was given up" : "a push service cannot be reached; retrying",
                ["service": .string(subscription.endpoint.host), "error": .string(reason)])
        }
    }

    /// The message as it goes now; nil if nothing goes. What was held becomes one.
    private func prepare(_ due: PushNote, in ledger: Ledger) throws -> (PushNote, PushSubscription)? {
        let now = self.now()
        guard let subscription = try ledger.pushSubscription(due.subscription) else { return nil }
        // The key was lost: the page subscribes for the new one when it is next opened.
        guard subscription.key == self.key.publicText else {
            try ledger.deletePushSubscription(subscription.id)
            return nil
        }
        let together = due.isHeld ? try ledger.heldPushes(for: subscription.id, at: now) : [due]
        let wanted = try together.filter { try $0.endsAt > now && self.isWanted(ledger, $0, subscription) }
        let note = PushNote.summary(of: wanted)
        for other in together where other.number != note?.number { try ledger.deletePush(other.number) }
        guard let note else { return nil }
        if note.isHeld != due.isHeld { try ledger.update(note) }
        return (note, subscription)
    }

    private func attempt(_ note: PushNote, _ subscription: PushSubscription) async throws -> PushTry {
        let now = self.now()
        guard let body = PushEncryption.body(note.text, to: subscription.point, secret: subscription.secret) else {
            return .gone
        }
        let endpoint = subscription.endpoint
        let request = HTTPClientRequest(
            .post, endpoint,
            headers: [
                "Content-Type": "application/octet-stream", "Content-Encoding": "aes128gcm",
                "TTL": String(note.timeToLive(at: now)), "Urgency": note.urgency,
                "Authorization": self.key.authorization(for: endpoint, contact: self.contact, at: now / 1_000),
            ], body: .bytes(body))
        do {
            let response = try await self.client.execute(request)
            // So that the connection can be kept.
            _ = try? await response.body.collect(upTo: Self.answerLimit)
            return PushTry(response.status, wait: RetryAfter.read(response.headers, now: Int(now / 1_000)))
        } catch let error as HTTPClientError {
            return .failed(error.message, wait: nil)
        }
    }
}
