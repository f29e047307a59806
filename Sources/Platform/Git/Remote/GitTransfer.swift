internal import Glibc
internal import Primitives

/// The progress of a transfer.
package struct GitProgress: Sendable, Hashable {
    /// Objects of the pack received, or sent by a push.
    package var objects = 0
    package var totalObjects = 0
    package var bytes = 0
    /// Deltas resolved after the last byte; 0 of 0 for a push.
    package var deltas = 0
    package var totalDeltas = 0
}

/// The state of one transfer, shared by libgit2's callbacks on the network thread and the task that waits for it.
final class GitTransfer: Sendable {
    private struct State {
        var isCancelled = false
        var failure: (any Error)?
        var timeout: GitError?
        /// The task that the thread waits for.
        var waiting: Task<Void, Never>?
        var onCancel: (@Sendable () -> Void)?
        var onConnect: (@Sendable () -> Void)?
        var lastProgress: ContinuousClock.Instant?
        var progress = GitProgress()
        /// Steps of packing for a push, which sends nothing.
        var packed = 0
        /// Bytes of what the server says it does.
        var said = 0
        /// Whether a push has sent everything.
        var isSent = false
        var messages: [UInt8] = []
        var pushStatus: String?
        var keyTries = 0
    }

    let server: GitServer
    /// Set for a push.
    let push: GitPushExpectation?
    private let progress: (@Sendable (GitProgress) -> Void)?
    private let state = Protected(State())

    init(_ server: GitServer, push: GitPushExpectation? = nil, progress: (@Sendable (GitProgress) -> Void)? = nil) {
        self.server = server
        self.push = push
        self.progress = progress
    }

    // MARK: Cancellation

    var onCancel: (@Sendable () -> Void)? {
        get { self.state.withLock { $0.onCancel } }
        set {
            let isLate = self.state.withLock { state in
                state.onCancel = newValue
                return state.isCancelled
            }
            if isLate { newValue?() }
        }
    }

    /// Called when the server's references have arrived.
    var onConnect: (@Sendable () -> Void)? {
        get { self.state.withLock { $0.onConnect } }
        set { self.state.withLock { $0.onConnect = newValue } }
    }

    func cancel() {
        let (waiting, onCancel) = self.state.withLock { state in
            state.isCancelled = true
            return (state.waiting, state.onCancel)
        }
        waiting?.cancel()
        onCancel?()
    }

    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    func checkCancellation() throws {
        if self.isCancelled { throw CancellationError() }
    }

    /// Blocks this thread until `body` has ended. Cancelling the transfer cancels it.
    func wait<Result: Sendable>(for body: @escaping @Sendable () async throws -> Result) throws -> Result {
        let outcome = Protected<Swift.Result<Result, any Error>?>(nil)
        let done = GitSemaphore()
        // Unstructured, because the waiting thread can't await; it inherits the task-local values. `wait` outlives it,
        // and `cancel` cancels it.
        let task = Task { @concurrent in
            do {
                let result = try await body()
                outcome.withLock { $0 = .success(result) }
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            done.signal()
        }
        let isLate = self.state.withLock { state in
            state.waiting = task
            return state.isCancelled
        }
        if isLate { task.cancel() }
        done.wait()
        self.state.withLock { $0.waiting = nil }
        guard let result = outcome.withLock({ $0 }) else { throw CancellationError() }
        return try result.get()
    }

    // MARK: Failures

    /// Records why a callback ends the transfer; the first reason counts.
    func fail(_ error: any Error) {
        self.state.withLock { if $0.failure == nil { $0.failure = error } }
    }

    /// Throws if a call of libgit2 failed, with a callback's reason if there is one.
    func check(_ status: Int32) throws {
        guard status < 0 else { return }
        // Read before another call on this thread replaces the library's error.
        let error = GitTransferFailure.error(status, self.server.url, messages: self.messages)
        if self.isCancelled { throw CancellationError() }
        if let failure = self.state.withLock({ $0.failure }) { throw failure }
        throw error
    }

    // MARK: What the server says

    var messages: [UInt8] { self.state.withLock { $0.messages } }

    func took(message bytes: [UInt8]) {
        self.state.withLock { state in
            // Bounded: a reason is short, and a server may send any amount.
            state.messages += bytes.prefix(16_384 - min(16_384, state.messages.count))
        }
    }

    var pushStatus: String? {
        get { self.state.withLock { $0.pushStatus } }
        set { self.state.withLock { $0.pushStatus = newValue } }
    }

    /// Counts a request for the key and returns the number of requests so far.
    func countKeyTry() -> Int {
        self.state.withLock { state in
            state.keyTries += 1
            return state.keyTries
        }
    }

    // MARK: Progress

    /// Reports at most every half second; `isLast` always.
    func report(isLast: Bool = false, _ change: (inout GitProgress) -> Void) {
        let now = ContinuousClock.now
        let due = self.state.withLock { state -> GitProgress? in
            change(&state.progress)
            if !isLast, let last = state.lastProgress, now - last < .milliseconds(500) { return nil }
            // The first report would be all zeros.
            if state.lastProgress == nil, !isLast {
                state.lastProgress = now
                return nil
            }
            state.lastProgress = now
            return state.progress
        }
        if let due { self.progress?(due) }
    }

    var receivedBytes: Int { self.state.withLock { $0.progress.bytes } }

    /// Whether all objects of a pack have arrived.
    var isReceived: Bool {
        self.state.withLock { $0.progress.objects > 0 && $0.progress.objects == $0.progress.totalObjects }
    }

    func notePacking() { self.state.withLock { $0.packed += 1 } }

    func noteMessage(of count: Int) { self.state.withLock { $0.said += count } }

    func noteSent() { self.state.withLock { $0.isSent = true } }
}

extension GitTransfer {
    /// Bytes that a transfer has to move in a period: 1 KB a second. Servers send a few each five seconds while their
    /// programs hang, so that connections stay open.
    private static let leastBytes = 300_000
    /// The most periods: four hours.
    private static let periods = 48
    /// Periods in which a server may work and move nothing: it counts the objects of a large repository, or its hooks look at
    /// what was pushed.
    private static let patience = 6

    /// Why ``watch(pause:)`` ended the transfer, if it did.
    var timeout: GitError? { self.state.withLock { $0.timeout } }

    /// Ends a transfer that moves less than ``leastBytes`` in a period while nothing is computed here, and for ``patience``
    /// periods not on the server as far as it says, or takes longer than all periods together: whoever waits for it holds
    /// up others.
    ///
    /// - Parameter pause: Waits for a period.
    func watch(pause: () async throws -> Void) async {
        var last = State()
        var quiet = 0
        for _ in 0..<Self.periods {
            guard (try? await pause()) != nil else { return }
            let now = self.state.withLock { $0 }
            let isMoving =
                now.progress.bytes - last.progress.bytes >= Self.leastBytes
                || now.progress.deltas != last.progress.deltas || now.packed != last.packed
            quiet = isMoving ? 0 : quiet + 1
            let isWorking = now.said != last.said || now.isSent
            guard isMoving || isWorking && quiet <= Self.patience else {
                return self.end("moved less than 1 KB a second")
            }
            last = now
        }
        self.end("took over four hours")
    }

    private func end(_ reason: String) {
        let place = GitName.printable(self.server.url.shown)
        self.state.withLock {
            $0.timeout = GitError(.unreachable, "the transfer with \(place) \(reason) and was ended: try again later")
        }
        self.cancel()
    }
}

/// Blocks a thread until a task signals.
@safe final class GitSemaphore: @unchecked Sendable {  // @unchecked: a sem_t is made for use by several threads
    private let raw = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { unsafe sem_init(self.raw, 0, 0) }

    deinit {
        unsafe sem_destroy(self.raw)
        unsafe self.raw.deallocate()
    }

    func signal() { unsafe sem_post(self.raw) }

    func wait() {
        // Fails only when a signal handler interrupts it.
        while unsafe sem_wait(self.raw) != 0 {}
    }
}
