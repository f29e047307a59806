/// How far a transfer is.
package struct GitProgress: Sendable, Hashable {
    /// Of the pack; a push's are those that were sent.
    package var objects = 0
    package var totalObjects = 0
    package var bytes = 0
    /// Deltas that were resolved after the last byte; 0 of 0 for a push.
    package var deltas = 0
    package var totalDeltas = 0

    package init() {}
}
