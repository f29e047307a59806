/// The global actor of everything that touches sockets, libcurl's transfers and child processes: its executor is
/// ``EventLoop/shared``.
///
/// Work of more than about 100 µs, and everything that blocks, belongs elsewhere (`@concurrent`, a `ThreadExecutor`).
@globalActor
package actor Net {
    package static let shared = Net()

    nonisolated package var unownedExecutor: UnownedSerialExecutor {
        unsafe EventLoop.shared.asUnownedSerialExecutor()
    }

    /// Runs `body` now, on the loop's thread; stops the process when called on another one.
    ///
    /// For C callbacks, which run on the loop but outside any task.
    nonisolated package static func assumeIsolated<Result: Sendable, Failure: Error>(
        _ body: @Net () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        EventLoop.shared.checkIsolated()
        // The same step as in `MainActor.assumeIsolated`: the types differ in isolation only, which was just checked.
        return try withoutActuallyEscaping(body) { (body) throws(Failure) -> Result in
            let synchronous = unsafe unsafeBitCast(body, to: (() throws(Failure) -> Result).self)
            return try synchronous()
        }
    }
}
