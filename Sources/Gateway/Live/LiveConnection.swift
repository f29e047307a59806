internal import EventLoop
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions

/// A client's connection in the live protocol.
///
/// Each subscription is a task that waits while the socket has no room, so a slow client's frames wait only in storage.
/// A subscription to an operation removes it from its thread's subscription, so that no frame is sent twice.
final class LiveConnection: Sendable {
    let context: GatewayContext
    let principal: Principal
    let socket: any LiveSocket
    /// Whether the credential is still valid.
    let isValid: @Sendable () async throws -> Bool
    let logger: Logger

    private let followed = Protected<Set<String>>([])

    /// The maximum number of subscriptions per connection.
    private static let limit = 256
    /// A revoked credential's connections are closed within this time.
    private static let checkInterval: Duration = .seconds(30)
    /// The pause after a round of a thread's subscription that overflowed although it sent nothing.
    private static let pause: Duration = .milliseconds(100)

    init(
        context: GatewayContext, principal: Principal, socket: any LiveSocket, logger: Logger,
        isValid: @escaping @Sendable () async throws -> Bool
    ) {
        self.context = context
        self.principal = principal
        self.socket = socket
        self.logger = logger
        self.isValid = isValid
    }

    /// Serves until the connection ends.
    func run() async {
        let watch = Alarm(after: Self.checkInterval, isRepeating: true) {
            // The alarm's callback cannot wait for the store.
            Task { await self.checkCredential() }
        }
        defer { watch.cancel() }
        do {
            try await withThrowingDiscardingTaskGroup { group in
                var begun = 0
                while let text = try await self.socket.receive() {
                    begun += 1
                    guard begun <= Self.limit else {
                        await self.socket.refuse("more than \(Self.limit) subscriptions")
                        break
                    }
                    group.addTask(name: "subscription") { try await self.obey(text) }
                }
                group.cancelAll()
            }
        } catch {
            // The connection broke; the client resumes from its last sequence number.
            self.logger.debug("a live connection ended", ["error": .string("\(error)")])
        }
        await self.socket.finish()
    }

    private func checkCredential() async {
        do {
            if try await !self.isValid() { await self.socket.refuse("the credential was revoked") }
        } catch {
            // A credential that cannot be checked is not trusted; the client reconnects.
            await self.socket.finish()
        }
    }

    private func obey(_ text: String) async throws {
        do {
            switch try LiveCommand(text) {
            case .operation(let id, let after): try await self.follow(operation: id, after: after)
            case .thread(let id): try await self.follow(thread: id)
            }
        } catch let mistake as LiveCommand.Mistake {
            try await self.refuse("", mistake.text)
        }
    }

    // MARK: One operation

    private func follow(operation: String, after: Int64) async throws {
        let principal = self.principal
        let found = try await self.context.store.read { ledger -> TurnRecord? in
            guard let turn = try ledger.turn(id: operation), let session = try ledger.session(id: turn.session),
                principal.maySee(session)
            else { return nil }
            return turn
        }
        guard let found else {
            return try await self.refuse(operation, "There is no such operation, or you may not see it.")
        }
        self.followed.withLock { _ = $0.insert(operation) }
        var last = after
        if found.endedAt != nil {
            for frame in try await self.context.store.frames(of: operation, after: last) { try await self.send(frame) }
            return
        }
        while true {
            let subscription = try await self.context.bridge.hub.subscribe(toOperation: operation, after: last)
            defer { subscription.cancel() }
            for await frame in subscription.frames where frame.sequence > last {
                try await self.send(frame)
                last = frame.sequence
                if frame.isLast { return }
            }
            // Frames were dropped because the client is slow; the next round sends them from storage.
            guard subscription.didOverflow else { return }
        }
    }

    // MARK: A thread

    private func follow(thread id: String) async throws {
        guard try await self.isVisible(id) else {
            return try await self.refuse("", "There is no thread \(id.prefix(64)), or you may not see it.")
        }
        var progress = ThreadProgress()
        while true {
            let (since, count) = (self.context.now(), progress.count)
            // After what was sent: a subscription holds few frames, so that each round gets further. An operation whose
            // last frame was sent from storage may still be in the hub.
            let excluded = self.followed.withLock { $0 }.union(progress.ended)
            let subscription = try await self.context.bridge.hub.subscribe(
                toSession: id, after: progress.open, without: excluded)
            defer { subscription.cancel() }
            try await self.catchUp(&progress, of: id)
            for await frame in subscription.frames { try await self.pass(frame, &progress) }
            guard subscription.didOverflow else { return }
            progress.hasGap(since: since)
            if progress.count == count { try await Task.sleep(for: Self.pause) }
        }
    }

    /// Whether the operation has its own subscription.
    private func isFollowed(_ operation: String) -> Bool { self.followed.withLock { $0.contains(operation) } }

    private func isVisible(_ thread: String) async throws -> Bool {
        try await self.context.store.read { [principal] ledger in
            try ledger.session(id: thread).map(principal.maySee) ?? false
        }
    }

    /// Sends the frames of operations that ended during a gap in the subscription.
    private func catchUp(_ progress: inout ThreadProgress, of thread: String) async throws {
        guard let since = progress.gapSince else { return }
        progress.gapSince = nil
        let known = progress.open.keys.sorted()
        let ended = try await self.context.store.read { ledger -> [String] in
            let recent = try ledger.turns(of: thread, endedSince: since)
            // One that was being closed when the gap began has an earlier time.
            let earlier = try known.filter { id in
                guard !recent.contains(id), let turn = try ledger.turn(id: id) else { return false }
                return turn.endedAt != nil
            }
            return recent + earlier
        }
        for id in ended where !progress.hasEnded(id) && !self.isFollowed(id) {
            for frame in try await self.context.store.frames(of: id, after: progress.last(of: id)) {
                try await self.pass(frame, &progress)
            }
        }
    }

    private func pass(_ frame: LiveFrame, _ progress: inout ThreadProgress) async throws {
        if self.isFollowed(frame.operation) || progress.hasEnded(frame.operation) { return }
        let last = progress.last(of: frame.operation)
        guard frame.sequence > last else { return }
        if frame.sequence > last + 1 {
            for missed in try await self.context.store.frames(of: frame.operation, after: last)
            where missed.sequence < frame.sequence {
                try await self.send(missed)
            }
        }
        try await self.send(frame)
        progress.note(frame)
    }

    // MARK: Out

    private func send(_ frame: LiveFrame) async throws { try await self.socket.send(frame.json.text) }

    /// A refusal is not part of any operation's history, so its sequence number is 0.
    private func refuse(_ operation: String, _ text: String) async throws {
        let frame: JSON = [
            "id": "", "operation_id": .string(operation), "type": "error", "content": .string(text),
            "timestamp": .string(CivilTime(milliseconds: self.context.now()).rfc3339), "sequence": 0,
        ]
        try await self.socket.send(frame.text)
    }
}
