internal import GitHub
package import JSON
internal import Lifecycle
package import Logging
package import Posts
internal import Primitives
internal import Sessions
internal import Store
internal import Threads

/// Takes deliveries of GitHub's webhook: stores them first, and tells threads afterwards.
package final class WebhookIntake: Service {
    /// What became of a delivery.
    package enum Outcome: Sendable {
        case stored
        /// Stored earlier: GitHub repeats deliveries on request, and somebody who has read one could.
        case duplicate
        /// Nothing in it is of interest.
        case ignored
    }

    /// Deliveries that are handled together.
    private static let batch = 64

    package let name = "github news"
    private let posts: ThreadPosts
    private let desk: NewsDesk
    private let logger: Logger
    /// Deliveries within this time share lines.
    private let gathering: Duration
    /// Is told that branches of a configured repository have moved.
    private let pushed: @Sendable (String) -> Void
    private let wakeup = Signal()
    private let end = Signal()
    private let isStopping = Protected(false)

    package init(
        posts: ThreadPosts, desk: NewsDesk, logger: Logger, gathering: Duration = .seconds(2),
        pushed: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.posts = posts
        self.pushed = pushed
        self.desk = desk
        self.logger = logger
        self.gathering = gathering
        posts.store.held.observe { [wakeup] in wakeup.signal() }
    }

    /// Stores a delivery.
    ///
    /// - Parameters:
    ///   - id: GitHub's id (`X-GitHub-Delivery`).
    ///   - signature: Of the body (`X-Hub-Signature-256`).
    ///   - kind: `X-GitHub-Event`.
    package func take(_ id: String, signature: String, _ kind: String, _ payload: JSON) async throws -> Outcome {
        guard let event = WebhookEvent.read(kind, payload), self.desk.isOurs(event) else { return .ignored }
        let (events, now) = (JSON.array([event.json]).text, self.posts.environment.now())
        let isNew = try await self.posts.store.write { ledger in
            try ledger.insertGitHubDelivery(id, signature: signature, events: events, at: now)
        }
        FaultPoint.deliveryStored.hit()
        self.wakeup.signal()
        guard isNew else { return .duplicate }
        if event.kind == .push { for name in self.desk.names(of: event.repository) { self.pushed(name) } }
        return .stored
    }

    package func run() async throws {
        while !self.isStopping.withLock({ $0 }) {
            try Task.checkCancellation()
            do {
                if try await self.handle() { continue }
            } catch let error as CancellationError {
                throw error
            } catch {
                // A full disk, for instance: the deliveries stay stored.
                self.logger.error("news from GitHub cannot be stored; retrying", ["error": .string("\(error)")])
                await self.end.wait(upTo: .seconds(5))
                continue
            }
            await self.wakeup.wait()
            if self.gathering > .zero { await self.end.wait(upTo: self.gathering) }
        }
        try Task.checkCancellation()
    }

    package func stop() async {
        self.isStopping.withLock { $0 = true }
        self.end.signal()
        self.wakeup.signal()
    }

    /// Handles the oldest stored deliveries; false if there were none, or another host handles them.
    func handle() async throws -> Bool {
        guard self.posts.store.held.contains(.gitHub) else { return false }
        let (deliveries, watches) = try await self.posts.store.read { ledger -> ([GitHubDelivery], [GitHubWatch]) in
            let deliveries = try ledger.newGitHubDeliveries(limit: Self.batch)
            return try (deliveries, deliveries.isEmpty ? [] : ledger.gitHubWatches())
        }
        guard !deliveries.isEmpty else { return false }
        var snapshot = NewsSnapshot()
        snapshot.events = deliveries.flatMap { delivery in
            ((try? JSON.parse(delivery.events))?.arrayValue ?? []).compactMap { NewsEvent(json: $0) }
        }
        // They are finished with the last threads, so that they reach all of them whatever happens.
        try await self.desk.tell(snapshot, to: watches, through: self.posts) { ledger in
            for delivery in deliveries { try ledger.finishGitHubDelivery(delivery.number) }
        }
        return true
    }
}
