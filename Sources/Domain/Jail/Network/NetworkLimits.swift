/// Bounds of one jail's network.
package struct NetworkLimits: Sendable, Equatable {
    /// Open at once; further clients wait in the accept queue.
    package var connections = 32
    /// Bytes of a request's head.
    package var head = 32 * 1024
    /// The whole head, from its first byte.
    package var headTime = Duration.seconds(15)
    /// A connection without a request, and one on which nothing moves in either direction.
    package var idleTime = Duration.seconds(300)
    package var resolveTime = Duration.seconds(20)
    /// For each address tried.
    package var connectTime = Duration.seconds(10)
    /// Addresses tried, in the resolver's order.
    package var addresses = 6
    /// Requests at once, and per second from then on. What is beyond waits: the audit isn't flooded.
    package var burst = 300
    package var requestsPerSecond = 30
    /// How long a closing connection reads on, so that a reset doesn't discard the answer.
    package var lingerTime = Duration.seconds(2)

    package init() {}
}
