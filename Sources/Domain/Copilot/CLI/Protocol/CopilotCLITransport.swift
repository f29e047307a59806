package import EventLoop
package import Models

/// A running Copilot CLI, as its standard streams show it.
@Net
package protocol CopilotCLITransport: AnyObject, Sendable {
    /// Passes on its output, and reads more only when `take` has returned. Returns when it has ended, or can no longer be
    /// used.
    func run(_ take: @escaping @Net ([UInt8]) async -> Void) async
    /// Does not wait: what it never reads is dropped with it.
    func write(_ bytes: [UInt8])
    /// Why it has ended.
    func failure(isStarting: Bool) -> ModelError
    /// How it has ended, for the log.
    var ending: String { get }
    /// Ends it and everything that it has started, at once.
    func kill()
    /// Closes its input, waits for its end at most for `patience`, ends what is left of it, and removes its files.
    func end(patience: Duration) async
}
