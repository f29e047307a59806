/// Whether a connection works, for readiness and metrics.
package struct NATSState: Sendable, Equatable {
    package internal(set) var isConnected = false
    /// When ``isConnected`` last changed, in milliseconds since 1970.
    package internal(set) var since: Int64
    /// Why there is no connection, or the last thing that the server refused.
    package internal(set) var lastError: String?
    /// How often a connection was established.
    package internal(set) var connections = 0
    /// Received messages that subscriptions dropped because their reader was too slow.
    package internal(set) var dropped = 0
}
