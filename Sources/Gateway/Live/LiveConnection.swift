internal import Chat
internal import EventLoop
internal import HTTP
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions
internal import Store
internal import Threads
internal import WebSockets

/// A client's connection in the live protocol.
///
/// Each subscription is a task that waits while the socket has no room, so a slow client's frames wait only in storage.
/// A subscription to an operation removes it from its thread's subscription, so that no frame is sent twice.
final class LiveConnection: WatchedConnection {
    let context: GatewayContext
    let principal: Principal
    /// With which it was opened.
    let headers: HTTPHeaders
    let socket: any LiveSocket
    /// Whether the credential is still what it was.
    let isValid: @Sendable () async throws -> Bool
    let logger: Logger

    private let followed = Protected<Set<String>>([])
    /// The sessions of its subscriptions.
    private let sessions = Protected<Set<String>>([])
    /// How many subscriptions bring the same.
    private let running = Protected<[String: Int]>([:])
    /// Subscriptions at this host, as long as it has their places.
    private let here = Protected<[ObjectIdentifier: (place: Place, subscription: LiveSubscription)]>([:])
    /// Where the person is shown, by thread.
    private let seats = Protected<[String: ThreadPresence.Seat]>([:])
    private let typing = Protected(TypingPace())
    private let page: PagePresence.Page

    /// The maximum number of subscriptions per connection.
    private static let limit = 256
    /// Frames that are read from storage at once.
    private static let batch = 32
    /// A revoked credential's connections are closed within this time.
    private static let checkInterval: Duration = .seconds(30)
    /// The pause after a round of a thread's subscription that overflowed although it sent nothing.
    private static let pause: Duration = .milliseconds(100)

    init(
        context: GatewayContext, principal: Principal, headers: HTTPHeaders = [:], socket: any LiveSocket,
        logger: Logger, isValid: @escaping @Sendable () async throws -> Bool
    ) {
        self.context = context
        self.principal = principal
        self.headers = headers
        self.socket = socket
        self.logger = logger
        self.isValid = isValid
        self.page = PagePresence.Page(context.push.presence, of: principal)
    }

    /// Serves until the connection ends.
    func run() async {
        let watch = Alarm(after: Self.checkInterval, isRepeating: true) {
            // The alarm's callback cannot wait for the store.
            Task { await self.checkAccess() }
        }
        defer {
            watch.cancel()
            self.page.show(false)
        }
        // It may have changed between the request and now, when nobody knew of this connection.
        await self.checkAccess()
        do {
            try await withThrowingDiscardingTaskGroup { group in
                var begun = 0
                while let text = try await self.socket.receive() {
                    if let pong = LiveCommand.pong(to: text) {
                        try await self.socket.send(pong)
                        continue
                    }
                    if let thread = LiveCommand.typing(in: text) {
                        await self.noteTyping(in: thread)
                        continue
                    }
                    if let isVisible = LiveCommand.visibility(in: text) {
                        self.page.show(isVisible)
                        continue
                    }
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

    func checkAccess() async {
        do {
            guard try await self.isValid() else {
                return await self.socket.refuse("the credential was revoked or changed")
            }
            // The client reconnects, and subscribes to what it may still see.
            if try await !self.maySeeSessions() { await self.socket.leave() }
        } catch {
            // What cannot be checked is not trusted; the client reconnects.
            await self.socket.leave()
        }
    }

    private func maySeeSessions() async throws -> Bool {
        let (ids, visitor, now) = (self.sessions.withLock { $0 }, self.principal.visitor, self.context.now())
        guard !ids.isEmpty, !visitor.seesEverything else { return true }
        return try await self.context.store.read { ledger in
            // A deleted one sends nothing more.
            try ids.compactMap { try ledger.session(id: $0) }
                .allSatisfy { try ledger.right(of: visitor, in: $0, at: now) != nil }
        }
    }

    private func obey(_ text: String) async throws {
        do {
            switch try LiveCommand(text) {
            case .operation(let id, let after):
                // A client that misses frames subscribes once more, from the last one that it has.
                try await self.limited("subscribe", id, to: 2) { try await self.follow(operation: id, after: after) }
            case .thread(let id, let isPresent):
                try await self.limited("subscribe_thread", id) {
                    try await self.follow(thread: id, isPresent: isPresent)
                }
            case .asks: try await self.limited("subscribe_asks") { try await self.followAsks() }
            case .all(let last): try await self.limited("subscribe_all") { try await self.followAll(after: last) }
            }
        } catch let mistake as LiveCommand.Mistake {
            try await self.refuse("", mistake.text)
        }
    }

    /// Each frame or change wakes every subscription to it, and each sends or reads it anew.
    private func limited(
        _ name: String, _ id: String = "", to most: Int = 1, _ follow: () async throws -> Void
    ) async throws {
        let key = "\(name) \(id)"
        let count = self.running.withLock { running in
            running[key, default: 0] += 1
            return running[key, default: 0]
        }
        defer { self.running.withLock { running in running[key] = running[key].flatMap { $0 > 1 ? $0 - 1 : nil } } }
        guard count <= most else {
            throw LiveCommand.Mistake(text: "This connection has `\(name)` already: another one would say the same.")
        }
        try await follow()
    }

    // MARK: One operation

    private func follow(operation: String, after: Int64) async throws {
        let (visitor, now) = (self.principal.visitor, self.context.now())
        let found = try await self.context.store.read { ledger -> (turn: TurnRecord, place: Place, isKnown: Bool)? in
            guard let turn = try ledger.turn(id: operation),
                let session = try ledger.session(id: turn.session, for: visitor, to: .read, at: now)
            else { return nil }
            let isKnown = try after == 0 || after <= ledger.lastSequence(of: operation)
            return (turn, Place(of: session.key), isKnown)
        }
        guard let found else {
            return try await self.refuse(operation, "There is no such operation, or you may not see it.")
        }
        self.followed.withLock { _ = $0.insert(operation) }
        self.sessions.withLock { _ = $0.insert(found.turn.session) }
        await self.context.noteRead(of: found.turn.session, by: self.principal, self.logger)
        // A database that was restored may lack frames that the client has: it begins anew.
        var last = found.isKnown ? after : 0
        // One that follows a job is complete from the start, and goes on here.
        if found.turn.endedAt != nil, await !self.context.bridge.hub.isOpen(operation) {
            return try await self.replay(operation, after: last) { try await self.send($0) }
        }
        while true {
            let command: JSON = ["subscribe": .string(operation), "last_sequence": .integer(last)]
            let subscription = try await self.subscription(in: found.place, elsewhere: command) { [last] hub in
                try await hub.subscribe(toOperation: operation, after: last)
            }
            defer { self.end(subscription) }
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

    private func follow(thread id: String, isPresent: Bool) async throws {
        guard let place = try await self.place(ofVisible: id) else {
            return try await self.refuse("", "There is no thread \(id.prefix(64)), or you may not see it.")
        }
        self.sessions.withLock { _ = $0.insert(id) }
        await self.context.noteRead(of: id, by: self.principal, self.logger)
        // The host that was asked first has the person's socket.
        guard isPresent, !self.headers.contains(Forwarder.hop) else {
            return try await self.followFrames(of: id, in: place)
        }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask(name: "presence") { try await self.followPeople(of: id) }
            try await self.followFrames(of: id, in: place)
            group.cancelAll()
        }
    }

    private func followFrames(of id: String, in place: Place) async throws {
        var progress = ThreadProgress()
        while true {
            let (since, count) = (self.context.now(), progress.count)
            // After what was sent: a subscription holds few frames, so that each round gets further. An operation whose
            // last frame was sent from storage may still be in the hub.
            let excluded = self.followed.withLock { $0 }.union(progress.ended)
            let open = progress.open
            let subscription = try await self.subscription(
                in: place, elsewhere: ["subscribe_thread": .string(id)]
            ) { hub in try await hub.subscribe(toSession: id, after: open, without: excluded) }
            defer { self.end(subscription) }
            try await self.catchUp(&progress, of: id)
            for await frame in subscription.frames { try await self.pass(frame, &progress) }
            guard subscription.didOverflow else { return }
            progress.hasGap(since: since)
            if progress.count == count { try await Task.sleep(for: Self.pause) }
        }
    }

    /// Whether the operation has its own subscription.
    private func isFollowed(_ operation: String) -> Bool { self.followed.withLock { $0.contains(operation) } }

    /// Where a thread is served; nil for one that the person may not see.
    private func place(ofVisible thread: String) async throws -> Place? {
        let (visitor, now) = (self.principal.visitor, self.context.now())
        return try await self.context.store.read { ledger in
            try ledger.session(id: thread, for: visitor, to: .read, at: now).map { Place(of: $0.key) }
        }
    }

    // MARK: Who else is there

    private func followPeople(of thread: String) async throws {
        // Who is there is less important than the frames, which an error here would end.
        let mayWrite = (try? await self.mayWrite(in: thread)) == true
        let seat = ThreadPresence.Seat(self.principal, showsOthers: self.principal.role >= .member || mayWrite)
        self.seats.withLock { $0[thread] = seat }
        defer { self.seats.withLock { $0[thread] = nil } }
        try await self.context.presence.follow(thread, as: seat) { try await self.socket.send($0) }
    }

    /// Shows that the person writes, if they may. Ignored where not: nobody waits for an answer.
    private func noteTyping(in thread: String) async {
        let now = self.context.now()
        guard let seat = self.seats.withLock({ $0[thread] }), self.context.presence.isWatched(seat, in: thread),
            self.typing.withLock({ $0.take(at: now) }), (try? await self.mayWrite(in: thread)) == true
        else { return }
        self.context.presence.typed(seat, in: thread)
    }

    /// Whether the person may write in a conversation of the web chat.
    private func mayWrite(in thread: String) async throws -> Bool {
        guard self.principal.has(anyOf: [.chat]) else { return false }
        let (visitor, now) = (self.principal.visitor, self.context.now())
        let session = try await self.context.store.read { ledger in
            try ledger.session(id: thread, for: visitor, to: .join, at: now)
        }
        return session?.key.adapter == WebAdapter.adapterID
    }

    // MARK: Several hosts

    /// The frames that `local` subscribes to, or those for `command` of the host that has the place.
    private func subscription(
        in place: Place, elsewhere command: JSON, _ local: (LiveHub) async throws -> LiveSubscription
    ) async throws -> LiveSubscription {
        let bridge = self.context.bridge
        guard let remote = self.context.remoteFrames else { return try await local(bridge.hub) }
        do {
            if !bridge.serves(place) {
                // The host that asks looks again where the place is.
                guard !self.headers.contains(Forwarder.hop) else { throw PlaceLost([place]) }
                if let frames = try await remote.subscribe(command, in: place, as: self.headers) { return frames }
                // What recovery stores is shown to nobody who has subscribed before.
                guard bridge.serves(place) else { throw PlaceLost([place]) }
            }
            let subscription = try await local(bridge.hub)
            self.here.withLock { $0[ObjectIdentifier(subscription)] = (place, subscription) }
            // The place may have gone meanwhile.
            self.placesChanged()
            return subscription
        } catch let error where error is PlaceLost || error is WebSocketError {
            guard !self.headers.contains(Forwarder.hop) else {
                await self.socket.finish()
                throw CancellationError()
            }
            try await Task.sleep(for: Self.pause)
            let nothing = LiveSubscription {}
            nothing.overflow()
            return nothing
        }
    }

    private func end(_ subscription: LiveSubscription) {
        self.here.withLock { $0[ObjectIdentifier(subscription)] = nil }
        subscription.cancel()
    }

    /// Ends subscriptions at this host whose places it has no longer: they begin again where those are.
    func placesChanged() {
        let lost = self.here.withLock { here in
            here.values.filter { !self.context.store.held.contains($0.place) }.map(\.subscription)
        }
        for subscription in lost { subscription.overflow() }
    }

    /// Sends the frames of operations that ended during a gap in the subscription.
    private func catchUp(_ progress: inout ThreadProgress, of thread: String) async throws {
        guard let since = progress.gapSince else { return }
        progress.gapSince = nil
        let known = progress.open.keys.sorted()
        let ended = try await self.context.store.read { ledger -> [String] in
            let recent = try ledger.turns(of: thread, endedSince: since)
            // An operation that was being closed when the gap began has an earlier time.
            let earlier = try known.filter { id in
                guard !recent.contains(id), let turn = try ledger.turn(id: id) else { return false }
                return turn.endedAt != nil
            }
            return recent + earlier
        }
        for id in ended where !progress.hasEnded(id) && !self.isFollowed(id) {
            try await self.replay(id, after: progress.last(of: id)) { try await self.pass($0, &progress) }
        }
    }

    private func pass(_ frame: LiveFrame, _ progress: inout ThreadProgress) async throws {
        if self.isFollowed(frame.operation) || progress.hasEnded(frame.operation) { return }
        let last = progress.last(of: frame.operation)
        guard frame.sequence > last else { return }
        if frame.sequence > last + 1 {
            try await self.replay(frame.operation, after: last, before: frame.sequence) { try await self.send($0) }
        }
        try await self.send(frame)
        progress.note(frame)
    }

    /// Sends stored frames, of which few are in memory at a time.
    private func replay(
        _ operation: String, after sequence: Int64, before end: Int64 = .max,
        _ send: (LiveFrame) async throws -> Void
    ) async throws {
        var last = sequence
        while true {
            let frames = try await self.context.store.frames(of: operation, after: last, limit: Self.batch)
            for frame in frames {
                guard frame.sequence < end else { return }
                try await send(frame)
                last = frame.sequence
            }
            guard frames.count == Self.batch else { return }
        }
    }

    // MARK: Asks

    /// Sends the ids of the asks that wait for this person, and of texts that name them, now and whenever they are others.
    private func followAsks() async throws {
        let (context, principal) = (self.context, self.principal)
        try await context.bridge.askChanges.watch { changed in
            var known: JSON?
            while !Task.isCancelled {
                let now = context.now()
                let ids = try await context.store.read { ledger -> JSON in
                    let asks = try ledger.asksWaiting(for: principal, at: now).map { JSON.string($0.0.id) }
                    let mentions = try ledger.mentions(for: principal.visitor, at: now)
                    return [
                        "asks": .array(asks), "mentions": .array(mentions.map { .string(String($0.number)) }),
                    ]
                }
                if ids != known { try await self.socket.send(ids.text) }
                known = ids
                await changed.wait()
            }
        }
    }

    // MARK: Everything

    /// Sends what changes as `{"id","event","data"}`.
    private func followAll(after last: String?) async throws {
        let limit = self.context.settings.eventStreams
        var failure: (any Error)?
        // The socket ends by itself when its credential changes or the host stops: the stream is only counted.
        let hasRoom = await self.context.streams.with(self.principal, upTo: limit) { _ in
            do { try await self.sendAll(after: last) } catch { failure = error }
        }
        guard hasRoom else { throw LiveCommand.Mistake(text: OpenStreams.refusal(limit)) }
        if let failure { throw failure }
    }

    private func sendAll(after last: String?) async throws {
        try await EventStream(context: self.context, principal: self.principal).run(after: last) { number in
            try await self.socket.send(JSON.object(["id": .string(String(number)), "event": "begin"]).text)
        } send: { events in
            for event in events {
                let frame: JSON = [
                    "id": .string(String(event.number)), "event": .string(event.kind?.rawValue ?? "reset"),
                    "data": event.document,
                ]
                try await self.socket.send(frame.text)
            }
        }
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

/// A WebSocket as the live protocol uses it: text in both directions.
protocol LiveSocket: Sendable {
    /// The next text; nil once the connection is closed.
    func receive() async throws -> String?
    /// Returns once there is room for more, so that a slow client delays only its own frames.
    func send(_ text: String) async throws
    /// Closes the connection for a violation. Sends nothing more, and does not wait for the client.
    func refuse(_ reason: String) async
    /// Closes it without a reason, and does not wait for the client either.
    func leave() async
    /// Closes it, and waits for its end.
    func finish() async
}

extension WebSocket: LiveSocket {
    func receive() async throws -> String? {
        switch try await self.next() {
        case .text(let text): return text
        case .binary:
            await self.close(.unsupportedData, reason: "texts only")
            return nil
        case nil: return nil
        }
    }

    func refuse(_ reason: String) async { self.beginClosing(.policyViolation, reason: reason) }

    func leave() async { self.beginClosing() }

    /// Sends nothing more. Waits for no closing handshake, which a client may delay for seconds.
    func beginClosing(_ code: WebSocketCloseCode = .normal, reason: String = "") {
        // It has begun when this returns; the rest needs nobody.
        Task.immediate { await self.close(code, reason: reason) }
    }

    func finish() async { await self.close() }
}

/// A client's message in the live protocol. Pure.
enum LiveCommand: Sendable, Equatable {
    /// Subscribes to one operation's frames after a sequence number.
    case operation(String, after: Int64)
    /// Subscribes to the frames of a thread's running and future operations, and to who else has it open.
    case thread(String, isPresent: Bool = false)
    /// Subscribes to the asks of all threads that wait for the person.
    case asks
    /// Subscribes to everything that changes, after an event's id.
    case all(after: String?)

    struct Mistake: Error, Equatable {
        let text: String
    }

    /// The answer to `{"ping":N}`, by which a client whose answer pauses learns that the host is alive. Nil for anything else.
    static func pong(to text: String) -> String? {
        guard text.utf8.count <= 64, let number = (try? JSON.parse(text, depthLimit: 2))?["ping"]?.intValue else {
            return nil
        }
        return "{\"pong\":\(number)}"
    }

    /// The thread of `{"typing":THREAD}`, which has no answer. Nil for anything else.
    static func typing(in text: String) -> String? {
        guard text.utf8.count <= 128 else { return nil }
        return (try? JSON.parse(text, depthLimit: 2))?["typing"]?.stringValue
    }

    /// What `{"visible":true}` says of the page, which has no answer. Nil for anything else.
    static func visibility(in text: String) -> Bool? {
        guard text.utf8.count <= 64 else { return nil }
        return (try? JSON.parse(text, depthLimit: 2))?["visible"]?.boolValue
    }

    init(_ text: String) throws(Mistake) {
        guard text.utf8.count <= 4096, let message = try? JSON.parse(text, depthLimit: 4) else {
            throw Mistake(text: "A message must be a JSON object of at most 4 KB.")
        }
        if let operation = message["subscribe"]?.stringValue {
            guard let after = message["last_sequence"] else {
                self = .operation(operation, after: 0)
                return
            }
            guard let number = after.intValue, number >= 0 else {
                throw Mistake(text: "`last_sequence` must be the sequence number of the last frame received, or 0.")
            }
            self = .operation(operation, after: Int64(number))
        } else if let thread = message["subscribe_thread"]?.stringValue {
            self = .thread(thread, isPresent: message["presence"]?.boolValue == true)
        } else if message["subscribe_asks"]?.boolValue == true {
            self = .asks
        } else if message["subscribe_all"]?.boolValue == true {
            self = .all(after: message["last_event_id"]?.stringValue)
        } else {
            throw Mistake(
                text: "Send {\"subscribe\":OPERATION,\"last_sequence\":N}, {\"subscribe_thread\":THREAD}, "
                    + "{\"subscribe_asks\":true} or {\"subscribe_all\":true}.")
        }
    }
}

/// At most one mark of typing a second. Pure.
struct TypingPace: Sendable {
    private var last: Int64?
    /// In milliseconds.
    private static let pause: Int64 = 1_000

    mutating func take(at now: Int64) -> Bool {
        if let last = self.last, (0..<Self.pause).contains(now - last) { return false }
        self.last = now
        return true
    }
}

/// The frames already sent to a thread's subscriber. Pure.
struct ThreadProgress: Sendable {
    /// The last sequence number sent, by operation that has not ended.
    private(set) var open: [String: Int64] = [:]
    private(set) var ended: Set<String> = []
    /// Grows with each frame sent.
    private(set) var count = 0
    /// Frames may be missing since this time, in milliseconds since 1970.
    var gapSince: Int64?

    /// The last sequence number sent for an operation; 0 before the first.
    func last(of operation: String) -> Int64 { self.open[operation] ?? 0 }

    func hasEnded(_ operation: String) -> Bool { self.ended.contains(operation) }

    mutating func note(_ frame: LiveFrame) {
        self.count += 1
        guard frame.isLast else {
            self.open[frame.operation] = frame.sequence
            return
        }
        self.open[frame.operation] = nil
        // Only recent operations matter: an ended one never sends again.
        if self.ended.count > 1000 { self.ended.removeAll() }
        self.ended.insert(frame.operation)
    }

    mutating func hasGap(since time: Int64) {
        self.gapSince = min(self.gapSince ?? time, time)
    }
}
