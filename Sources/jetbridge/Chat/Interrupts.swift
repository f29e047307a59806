internal import Glibc
internal import Lifecycle
internal import Primitives
internal import Terminals

/// Signals in a conversation. Ctrl-C does what the conversation is ready for: stops the running answer, or clears the
/// line. Any other signal cancels the conversation, which still revokes its token; the next one ends the program.
final class Interrupts: Sendable {
    private struct State {
        var onInterrupt: (@Sendable () async -> Void)?
        var isRepeatable = false
        var isForAll = false
        var cancel: (@Sendable () -> Void)?
        var requests = TerminationRequests()
        var isCancelled = false
    }

    private let state = Protected(State())
    private let start = ContinuousClock.now

    /// Starts watching. The signals must have been blocked at the start of `main`.
    func watch() async throws -> SignalWatch {
        try await Signals.watch([Signals.interrupt, Signals.terminate, Signals.hangUp]) { self.take($0) }
    }

    /// Sets what the next interrupt does instead of ending the conversation; if repeatable, every one until the next
    /// call.
    ///
    /// - Parameter isForAll: whether the signals that end the conversation do it first.
    func set(_ action: (@Sendable () async -> Void)?, isRepeatable: Bool = false, isForAll: Bool = false) {
        self.state.withLock { state in
            state.onInterrupt = action
            state.isRepeatable = isRepeatable
            state.isForAll = isForAll
        }
    }

    /// Runs a conversation, which a signal cancels. Throws a quiet failure if one did.
    func cancelling(_ body: @escaping @Sendable () async throws -> Void) async throws {
        // Unstructured: a signal cancels it, while its caller cleans up.
        let conversation = Task { try await body() }
        self.state.withLock { $0.cancel = { conversation.cancel() } }
        let result = await conversation.result
        let isCancelled = self.state.withLock { state in
            state.cancel = nil
            return state.isCancelled
        }
        if isCancelled { throw CommandFailure(nil, status: .interrupted) }
        try result.get()
    }

    private enum Reaction {
        case run(@Sendable () async -> Void)
        case cancel(@Sendable () -> Void, after: (@Sendable () async -> Void)?)
        case exit
        case ignore
    }

    private func take(_ signal: Int32) {
        let now = ContinuousClock.now - self.start
        switch self.state.withLock({ Self.reaction(to: signal, at: now, &$0) }) {
        case .run(let action): Task { await action() }  // unstructured: a signal handler cannot wait for the request
        case .cancel(let cancel, nil): cancel()
        case .cancel(let cancel, let action?):
            Task {  // unstructured like the one above
                await action()
                cancel()
            }
        case .exit:
            TypedKeys.show()
            _exit(ExitStatus.interrupted.rawValue)
        case .ignore: break
        }
    }

    private static func reaction(to signal: Int32, at now: Duration, _ state: inout State) -> Reaction {
        if signal == Signals.interrupt, let action = state.onInterrupt {
            if !state.isRepeatable { state.onInterrupt = nil }
            return .run(action)
        }
        guard let cancel = state.cancel else { return .exit }  // there is nothing to clean up yet
        switch state.requests.take(at: now) {
        case .pass where !state.isCancelled:
            state.isCancelled = true
            return .cancel(cancel, after: state.isForAll ? state.onInterrupt : nil)
        case .pass: return .exit  // the cleanup takes too long
        case .report, .ignore: return .ignore
        }
    }
}
