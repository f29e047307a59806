internal import Database
internal import Primitives
internal import Store
internal import Threads

/// Counts messages that a start takes up from the inbox until they are handled, see ``UnderWay``, and handles those of which
/// the process may have died one at a time, in whichever thread they are.
final class InboxTrials: Sendable {
    private struct State {
        var counted: Set<String> = []
        var isClosed = false
        var isBusy = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let underWay: UnderWay
    private let state = Protected(State())

    init(store: SessionStore) { self.underWay = UnderWay(store: store) }

    /// Counts messages before they are handled.
    func begin(_ keys: [String]) async throws {
        guard self.mayCount(keys) else { return }
        _ = try await self.underWay.begin(.event, keys)
    }

    /// Messages were handled. If that cannot be stored, the next start takes more care with them.
    func end(_ keys: [String]) async {
        self.state.withLock { $0.counted.subtract(keys) }
        try? await self.underWay.end(.event, keys)
    }

    /// Runs `body` after the others. Nil if the process has died of it too often.
    func run<Value: Sendable>(_ key: String, _ body: () async throws -> Value) async throws -> Value? {
        await self.enter()
        defer { self.leave() }
        guard try await self.mayBegin(key) else { return nil }
        do {
            let value = try await body()
            await self.end([key])
            return value
        } catch {
            await self.end([key])
            throw error
        }
    }

    /// Retries while the disk refuses: the message would wait for the next start, and later ones would go before it.
    private func mayBegin(_ key: String) async throws -> Bool {
        var pause = StoragePause()
        while self.mayCount([key]) {
            do {
                return try await self.underWay.begin(.event, [key]).isEmpty
            } catch let error as DatabaseError where error.isPassing {
                await pause.wait()
            }
        }
        return true
    }

    /// The process ends in good order: of none of these messages.
    func close() async {
        let counted = self.state.withLock { state in
            state.isClosed = true
            defer { state.counted = [] }
            return state.counted
        }
        try? await self.underWay.end(.event, Array(counted))
    }

    private func mayCount(_ keys: [String]) -> Bool {
        self.state.withLock { state in
            if !state.isClosed { state.counted.formUnion(keys) }
            return !state.isClosed
        }
    }

    private func enter() async {
        await withCheckedContinuation { continuation in
            let isFirst = self.state.withLock { state -> Bool in
                if state.isBusy { state.waiting.append(continuation) }
                defer { state.isBusy = true }
                return !state.isBusy
            }
            if isFirst { continuation.resume() }
        }
    }

    private func leave() {
        let next = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.isBusy = !state.waiting.isEmpty
            return state.isBusy ? state.waiting.removeFirst() : nil
        }
        next?.resume()
    }
}

/// How a thread handles a message of which the process may have died.
final class LetterTrial: Sendable {
    private let event: StoredMessage
    private let recovery: Recovery

    init(event: StoredMessage, recovery: Recovery) {
        self.event = event
        self.recovery = recovery
    }

    func run(_ handle: () async throws -> Submission?) async throws -> Submission? {
        try await self.recovery.attempt(self.event, handle)
    }
}
