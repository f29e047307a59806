internal import Primitives
package import Store

/// The live side of every operation: numbers its frames, stores them in groups, and only then publishes them.
///
/// So a frame that a watcher has seen is never lost, and after a crash the same table holds the partial answer. Text
/// that arrives faster than ``flushInterval`` is joined into one frame.
package actor LiveHub {
    private struct Operation {
        let session: String
        let hold: PlaceHold
        var next: Int64
        var pending: [(kind: LiveFrame.Kind, content: String)] = []
        /// Drained by ``close(_:with:_:)``: nothing more is flushed.
        var isClosing = false
        /// The last sequence that watchers received.
        var shown: Int64
        /// Stored frames whose predecessor is not published yet: two transactions may report out of order.
        var waiting: [LiveFrame] = []
    }

    /// What is watched.
    private enum Subject: Hashable {
        case operation(String)
        case session(String)
    }

    private struct Watcher {
        let subscription: LiveSubscription
        let subject: Subject
        /// Frames up to here were replayed from storage.
        var seen: [String: Int64]
        /// Frames that arrived while the replay was read.
        var held: [LiveFrame]?
    }

    private let store: SessionStore
    private let now: @Sendable () -> Int64
    private let flushInterval: Duration
    /// Text within this time after the first piece joins it: an answer that is complete by then is stored by the
    /// transaction that closes the turn, without another commit.
    private static let gathering: Duration = .milliseconds(10)
    /// From this number of operations on, pieces were already joined before they got here and should not wait again.
    private static let many = 256
    private static let flushIntervalOfMany: Duration = .milliseconds(25)
    /// From this number of pieces on, output joins the last one of its kind, out of order with other kinds.
    private static let mostPending = 32
    private var operations: [String: Operation] = [:]
    private var watchers: [UInt64: Watcher] = [:]
    private var bySubject: [Subject: Set<UInt64>] = [:]
    private var nextWatcher: UInt64 = 0
    /// Frames that could not be stored before later ones had their numbers.
    private var late: [LiveFrame] = []
    /// The operations that may have pending content.
    private var unflushed: Set<String> = []
    private var isFlushScheduled = false
    /// The operations of which frames are being stored, and whoever waits for the end of that.
    private var storing: Set<String> = []
    private var waiters: [CheckedContinuation<Void, Never>] = []
    private var lastFlush: ContinuousClock.Instant?

    package init(store: SessionStore, flushInterval: Duration = .milliseconds(50), now: @escaping @Sendable () -> Int64)
    {
        self.store = store
        self.flushInterval = flushInterval
        self.now = now
    }

    /// Opens an operation whose stored frames end before `next`.
    ///
    /// - Parameter frames: the frames from `next` on that were stored with it, to be published.
    package func begin(
        _ operation: String, session: String, in hold: PlaceHold, next: Int64 = 1, showing frames: [LiveFrame] = []
    ) {
        self.operations[operation] = Operation(
            session: session, hold: hold, next: next + Int64(frames.count), shown: next - 1)
        self.publish(frames)
    }

    package func isOpen(_ operation: String) -> Bool { self.operations[operation] != nil }

    package func open(among operations: [String]) -> Set<String> {
        Set(operations.filter { self.operations[$0] != nil })
    }

    /// Adds to an operation; published after the next flush.
    package func append(_ kind: LiveFrame.Kind, _ content: String, to operation: String) {
        guard var state = self.operations[operation], !state.isClosing, !content.isEmpty else { return }
        self.operations[operation] = nil  // one owner of what is pending, so that appending does not copy it
        // Of a program that writes to both of its streams in turn, much would be frames of a byte.
        let isMany = state.pending.count >= Self.mostPending
        let last = isMany ? state.pending.lastIndex { $0.kind == kind } : state.pending.indices.last
        if kind != .thinking, let last, state.pending[last].kind == kind {
            state.pending[last].content += content
        } else {
            state.pending.append((kind, content))
        }
        self.operations[operation] = state
        self.unflushed.insert(operation)
        self.scheduleFlush()
    }

    /// What is not stored yet of an operation, to be stored by the transaction of a message that contains it: what a room
    /// has seen is in the transcript, also after a crash. Then they go to ``publish(_:)``, or, not stored, to
    /// ``putBack(_:)``.
    package func take(_ operation: String) async -> [LiveFrame] {
        // What is being stored may come back, under its numbers.
        while self.storing.contains(operation) { await withCheckedContinuation { self.waiters.append($0) } }
        guard var state = self.operations[operation], !state.isClosing else { return [] }
        let older = self.late.filter { $0.operation == operation }
        self.late.removeAll { $0.operation == operation }
        let frames = older + self.number(&state, of: operation)
        self.operations[operation] = state
        return frames
    }

    /// Stores them with the next flush.
    package func putBack(_ frames: [LiveFrame]) {
        self.late += frames.filter { self.operations[$0.operation] != nil }
        self.scheduleFlush()
    }

    /// The frames that end an operation, to be stored by the transaction that closes the turn and then passed to
    /// ``publish(_:)``.
    package func close(_ operation: String, with kind: LiveFrame.Kind, _ content: String) -> [LiveFrame] {
        guard var state = self.operations[operation] else { return [] }
        state.isClosing = true
        state.pending.append((kind, content))
        let frames = self.number(&state, of: operation)
        self.operations[operation] = state
        return frames
    }

    /// Sends stored frames to watchers, in order, and forgets operations that ended.
    package func publish(_ frames: [LiveFrame]) {
        for frame in frames {
            guard var state = self.operations[frame.operation] else { continue }
            guard frame.sequence == state.shown + 1 else {
                state.waiting.append(frame)
                self.operations[frame.operation] = state
                continue
            }
            var due = [frame]
            while let index = state.waiting.firstIndex(where: { $0.sequence == (due.last?.sequence ?? 0) + 1 }) {
                due.append(state.waiting.remove(at: index))
            }
            state.shown = due.last?.sequence ?? state.shown
            self.operations[frame.operation] = due.contains(where: \.isLast) ? nil : state
            let watching = self.watchers(of: frame.operation, in: state.session)
            for frame in due { for id in watching { self.show(frame, to: id) } }
        }
    }

    /// Watches one operation from `lastSequence` + 1.
    package func subscribe(toOperation operation: String, after lastSequence: Int64) async throws -> LiveSubscription {
        let (id, subscription) = self.addWatcher(of: .operation(operation))
        try await self.replay(operation, after: lastSequence, to: id)
        self.finishReplay(id)
        return subscription
    }

    /// Watches a thread: the running operations, then all later ones.
    ///
    /// - Parameters:
    ///   - positions: The last sequence numbers that the watcher knows, by operation; the frames after them are
    ///     replayed, and all frames of operations without one.
    ///   - excluded: Operations whose earlier frames are not replayed.
    package func subscribe(
        toSession session: String, after positions: [String: Int64] = [:], without excluded: Set<String> = []
    ) async throws -> LiveSubscription {
        let (id, subscription) = self.addWatcher(of: .session(session))
        // Their names only: what is held while frames are read would be copied by every change.
        let running = self.operations.compactMap { $0.value.session == session ? $0.key : nil }
        for operation in running where !excluded.contains(operation) {
            try await self.replay(operation, after: positions[operation] ?? 0, to: id)
            if subscription.didOverflow { break }
        }
        self.finishReplay(id)
        return subscription
    }

    // MARK: Watchers

    /// How much is remembered of watchers.
    var watcherSize: Int { self.watchers.count + self.bySubject.count }

    private func watchers(of operation: String, in session: String) -> Set<UInt64> {
        (self.bySubject[.operation(operation)] ?? []).union(self.bySubject[.session(session)] ?? [])
    }

    private func addWatcher(of subject: Subject) -> (id: UInt64, subscription: LiveSubscription) {
        self.nextWatcher += 1
        let id = self.nextWatcher
        let subscription = LiveSubscription { [weak self] in
            // A stream may end on any thread, so the hub is entered by a task.
            Task { await self?.remove(id) }
        }
        self.watchers[id] = Watcher(subscription: subscription, subject: subject, seen: [:], held: [])
        self.bySubject[subject, default: []].insert(id)
        return (id, subscription)
    }

    private func remove(_ id: UInt64) {
        guard let subject = self.watchers.removeValue(forKey: id)?.subject else { return }
        self.bySubject[subject]?.remove(id)
        if self.bySubject[subject]?.isEmpty == true { self.bySubject[subject] = nil }
    }

    private func replay(_ operation: String, after lastSequence: Int64, to id: UInt64) async throws {
        self.watchers[id]?.seen[operation] = lastSequence
        var last = lastSequence
        var count: Int
        repeat {
            let frames: [LiveFrame]
            do {
                frames = try await self.store.frames(of: operation, after: last, limit: LiveSubscription.limit)
            } catch {
                self.watchers[id]?.subscription.cancel()
                throw error
            }
            guard let subscription = self.watchers[id]?.subscription else { return }
            for frame in frames {
                subscription.yield(frame)
                if subscription.didOverflow { return }
                last = frame.sequence
                self.watchers[id]?.seen[operation] = last
            }
            count = frames.count
        } while count == LiveSubscription.limit
    }

    /// Shows what arrived meanwhile. A watcher whose subscription overflowed may be removed by now.
    private func finishReplay(_ id: UInt64) {
        let held = self.watchers[id]?.held ?? []
        self.watchers[id]?.held = nil
        for frame in held { self.show(frame, to: id) }
    }

    private func show(_ frame: LiveFrame, to id: UInt64) {
        // Not the whole watcher, whose tables would be copied when they change.
        guard let subscription = self.watchers[id]?.subscription else { return }
        if self.watchers[id]?.held?.append(frame) != nil { return }
        if let seen = self.watchers[id]?.seen[frame.operation], frame.sequence <= seen { return }
        if self.watchers[id]?.seen.isEmpty == false {
            self.watchers[id]?.seen[frame.operation] = frame.isLast ? nil : frame.sequence
        }
        subscription.yield(frame)
    }

    // MARK: Flushing

    private func scheduleFlush() {
        guard !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        let soon = ContinuousClock.now + Self.gathering
        let isBusy = self.operations.count >= Self.many
        let interval = isBusy ? min(self.flushInterval, Self.flushIntervalOfMany) : self.flushInterval
        let due = self.lastFlush.map { max($0 + interval, soon) } ?? soon
        // A flush outlives the append that scheduled it; it ends by itself, and there is never more than one.
        Task {
            try? await Task.sleep(until: due, clock: .continuous)
            await self.flush()
        }
    }

    private func flush() async {
        self.lastFlush = .now
        var frames = self.late
        self.late = []
        let unflushed = self.unflushed
        self.unflushed = []
        for id in unflushed {
            guard var state = self.operations[id], !state.isClosing else { continue }
            frames += self.number(&state, of: id)
            self.operations[id] = state
        }
        let holds: [String: PlaceHold] = Set(frames.map(\.operation)).reduce(into: [:]) {
            $0[$1] = self.operations[$1]?.hold
        }
        self.storing = Set(frames.map(\.operation))
        let failures = await self.store.append(frames, of: holds)
        let refused = Set(failures.flatMap(\.frames).map(\.operation))
        self.publish(frames.filter { !refused.contains($0.operation) })
        // Others in the same transaction are stored next.
        if failures.contains(where: { $0.error is PlaceLost }) { self.sweep() }
        for failure in failures { self.takeBack(failure.frames) }
        self.storing = []
        for waiter in self.waiters { waiter.resume() }
        self.waiters = []
        // Retrying twenty times a second does not help a full disk.
        if failures.contains(where: { !($0.error is PlaceLost) }) { try? await Task.sleep(for: .seconds(1)) }
        self.isFlushScheduled = false
        if !self.late.isEmpty || !self.unflushed.isEmpty { self.scheduleFlush() }
    }

    /// Forgets the operations that other hosts may have. Their watchers are let go: what they read next is stored.
    package func sweep() {
        for (id, state) in self.operations where !self.store.held.isCurrent(state.hold) {
            self.operations[id] = nil
            for watcher in self.watchers(of: id, in: state.session) {
                self.watchers[watcher]?.subscription.overflow()
            }
        }
        self.late.removeAll { self.operations[$0.operation] == nil }
    }

    /// Frames that could not be stored were not published: their content waits for the next attempt, under the same
    /// numbers.
    private func takeBack(_ frames: [LiveFrame]) {
        var late: [LiveFrame] = []
        // The latest first.
        var taken: [String: [LiveFrame]] = [:]
        for frame in frames.reversed() {
            guard let state = self.operations[frame.operation] else { continue }
            let next = taken[frame.operation]?.last?.sequence ?? state.next
            if state.isClosing || frame.sequence + 1 != next {
                // Later numbers are assigned.
                late.append(frame)
            } else {
                taken[frame.operation, default: []].append(frame)
            }
        }
        self.late = late.reversed() + self.late
        for (operation, frames) in taken {
            self.operations[operation]?.pending.insert(
                contentsOf: frames.reversed().map { ($0.kind, $0.content) }, at: 0)
            if let first = frames.last { self.operations[operation]?.next = first.sequence }
            self.unflushed.insert(operation)
        }
    }

    private func number(_ state: inout Operation, of operation: String) -> [LiveFrame] {
        let timestamp = self.now()
        let frames = state.pending.map { entry -> LiveFrame in
            defer { state.next += 1 }
            return LiveFrame(
                operation: operation, sequence: state.next, kind: entry.kind, content: entry.content,
                timestamp: timestamp)
        }
        state.pending = []
        return frames
    }
}
