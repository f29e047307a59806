/// What a ``GitHTTPBackend`` does with a request instead of answering it.
package enum GitServerFault: Sendable, Hashable {
    /// Ends the connection after this many bytes of the answer's body.
    case cut(after: Int)
    /// Sends this many bytes of the answer's body, then nothing until ``GitHTTPBackend/release()``.
    case hang(after: Int)
    case status(Int)
    /// 302 to this URL, to which the request's query is added.
    case redirect(to: String)
}
