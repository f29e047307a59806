/// The global actor for sockets, libcurl's transfers and child processes; its executor is ``EventLoop/shared``.
///
/// Blocking calls, and work of more than about 100 µs, belong elsewhere (`@concurrent`, a `ThreadExecutor`).
@globalActor
package actor Net {
    package static let shared = Net()

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        unsafe EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` immediately; stops the process if not called on the loop's thread.
    ///
    /// For C callbacks, which run on the loop but outside of any task.
    @inlinable @inline(__always)
    nonisolated package static func assumeIsolated<Result: Sendable, Failure: Error>(
        _ body: @Net () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        EventLoop.shared.checkIsolated()
        // As in `MainActor.assumeIsolated`: the types differ only in isolation, which was just checked.
        return try withoutActuallyEscaping(body) { (body) throws(Failure) -> Result in
            let synchronous = unsafe unsafeBitCast(body, to: (() throws(Failure) -> Result).self)
            return try synchronous()
        }
    }
}
