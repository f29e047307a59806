/// What a ``ResponseSource`` has to give.
package enum ResponsePiece: Sendable {
    case bytes([UInt8])
    case notYet
    case end
    /// There is no more, and what was sent is only a part: the connection is broken off.
    case broken(any Error)
}
