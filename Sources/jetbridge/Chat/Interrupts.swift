internal import Glibc
internal import Lifecycle
internal import Primitives

/// Ctrl-C in a conversation: the first one stops the running answer, any other ends the program.
final class Interrupts: Sendable {
    private let onStop = Protected<(@Sendable () async -> Void)?>(nil)

    /// Watches from now on; the signals must have been blocked at the start of `main`.
    func watch() async throws -> SignalWatch {
        try await Signals.watch([Signals.interrupt, Signals.terminate]) { signal in
            guard signal == Signals.interrupt, let stop = self.onStop.withLock({ $0.take() }) else {
                _exit(ExitStatus.interrupted.rawValue)
            }
            // A signal arrives between all else, so the asking has to run by itself.
            Task { await stop() }
        }
    }

    /// What the next interrupt does instead of ending the program; nil for nothing.
    func set(_ stop: (@Sendable () async -> Void)?) { self.onStop.withLock { $0 = stop } }
}
