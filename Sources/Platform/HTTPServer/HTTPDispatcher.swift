/// Says for each request who answers it.
package protocol HTTPDispatcher: Sendable {
    /// Called on the loop for each head, before the body: a lookup, nothing that waits.
    func dispatch(_ head: RequestHead) -> HTTPDispatch
}
