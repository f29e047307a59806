/// The same handler for every request.
struct SingleDispatcher: HTTPDispatcher {
    let handler: HTTPDispatch.Handler

    func dispatch(_ head: RequestHead) -> HTTPDispatch { HTTPDispatch(self.handler) }
}
