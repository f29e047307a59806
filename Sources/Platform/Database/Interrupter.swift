internal import Synchronization

/// Interrupts a connection's work; may be called on any thread while the connection is open.
final class Interrupter: Sendable {
    private let flag = Atomic(false)
    private let wake: @Sendable () -> Void

    /// - Parameter wake: Makes the statement that runs look at ``isSet``.
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func interrupt() {
        self.flag.store(true, ordering: .releasing)
        self.wake()
    }

    var isSet: Bool { self.flag.load(ordering: .acquiring) }

    /// Called before the next piece of work.
    func clear() { self.flag.store(false, ordering: .releasing) }
}
