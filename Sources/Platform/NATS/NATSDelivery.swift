/// What a subscription delivers.
package enum NATSDelivery: Sendable, Equatable {
    case message(NATSMessage)
    /// Messages may be missing before this, but none is between this and the next gap. Each subscription begins with
    /// one, once the server knows it; others follow a lost connection or a reader that is too slow.
    case gap
}
