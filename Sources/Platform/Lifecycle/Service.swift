/// A part of the program that runs as long as the process and stops in order.
package protocol Service: Sendable {
    /// The name in logs and errors.
    var name: String { get }

    /// Runs until ``stop()``, then returns. Returning or throwing earlier is an error that ends the whole group.
    /// Cancellation means: end now, without finishing pending work.
    func run() async throws

    /// Asks for a graceful end: accept nothing new, finish pending work, let ``run()`` return. May return before
    /// ``run()`` does. Called at most once, possibly before ``run()`` has started.
    func stop() async
}
