package import EventLoop

/// The next part of a ``ResponseSource``.
package enum ResponsePiece: Sendable {
    case bytes([UInt8])
    case notYet
    case end
    /// The response can't be completed: the connection is aborted.
    case broken(any Error)
}

/// A response body without a task: the connection pulls bytes when it has room, the source signals when it has more.
@Net
package protocol ResponseSource: AnyObject, Sendable {
    /// Called at most once for each ``ResponsePiece/notYet``, outside calls of ``next()``.
    var onReady: (@Net () -> Void)? { get set }

    /// The next bytes, if any are available. Not called after the end.
    func next() -> ResponsePiece

    /// The bytes from ``next()`` were written or queued. For work that need not delay the client. Not called after the
    /// end.
    func hasSent()

    /// The rest is not needed: the client has left, or the response has no body. Not called after the end.
    func abandon()
}
