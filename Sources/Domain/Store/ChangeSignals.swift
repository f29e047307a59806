package import Primitives

/// Wakes whoever watches something when it changes.
package final class ChangeSignals: Sendable {
    private let watchers = Protected<(next: Int, signals: [Int: Signal])>((0, [:]))
    private let observers = Protected<[@Sendable () -> Void]>([])

    package init() {}

    /// Calls `body` with a signal that comes after each change.
    package func watch(_ body: (Signal) async throws -> Void) async rethrows {
        let signal = Signal()
        let number = self.watchers.withLock { watchers in
            watchers.next += 1
            watchers.signals[watchers.next] = signal
            return watchers.next
        }
        defer { self.watchers.withLock { $0.signals[number] = nil } }
        try await body(signal)
    }

    /// Calls `observer` after each change, for as long as this exists.
    package func observe(_ observer: @escaping @Sendable () -> Void) {
        self.observers.withLock { $0.append(observer) }
    }

    package func note() {
        for observer in self.observers.withLock({ $0 }) { observer() }
        for signal in self.watchers.withLock({ Array($0.signals.values) }) { signal.signal() }
    }
}
