package import EventLoop

/// Where a streamed answer's bytes come from without a task: the connection asks when there is room, and is told when
/// there is something to ask for.
@Net
package protocol ResponseSource: AnyObject, Sendable {
    /// Called at most once for each ``ResponsePiece/notYet``, outside calls of ``next()``.
    var onReady: (@Net () -> Void)? { get set }

    /// The next bytes, if there are any now. After the end it isn't asked again.
    func next() -> ResponsePiece

    /// Nobody wants the rest: the client has left, or the answer has no body. Not called after an end.
    func abandon()
}
