/// What a bus has done, for metrics.
package struct BusCounts: Sendable, Equatable {
    package internal(set) var sent = 0
    /// Not published, because NATS was away or too slow.
    package internal(set) var unsent = 0
    package internal(set) var received = 0
    /// Dropped because the signature is not the cluster's.
    package internal(set) var forged = 0
    /// Dropped because they are of a newer version, or make no sense.
    package internal(set) var unreadable = 0
}
