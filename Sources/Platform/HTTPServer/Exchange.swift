internal import EventLoop

/// A request and the progress of its response.
@Net
final class Exchange {
    let head: RequestHead
    /// The body, unless it arrived completely with its head.
    let body: BodyStream?
    private let bodyLimit: Int
    private(set) var bodyCount: Int
    /// Whether the client is still waiting for `100 Continue`.
    var awaitsContinue: Bool
    /// How the response is framed, once its head has been written.
    var framing: ResponseFraming?
    /// The bytes left to send of a response with a Content-Length.
    var remaining = 0
    var task: Task<Void, Never>?
    /// Called when the client has left, if no task is responding.
    var onLeave: (@Net () -> Void)?
    var source: (any ResponseSource)?
    /// Whether the source must wait until the client has read more.
    var isSourceHeld = false

    init(head: RequestHead, body: BodyStream?, received: Int, bodyLimit: Int) {
        self.head = head
        self.body = body
        self.bodyLimit = bodyLimit
        self.bodyCount = received
        self.awaitsContinue = head.expectsContinue && body != nil && received == 0
    }

    /// Counts received body bytes; `false` if the body exceeds its limit.
    func takes(_ count: Int) -> Bool {
        self.bodyCount += count
        return self.bodyCount <= self.bodyLimit
    }

    /// Stores the handler's task, unless the handler has already responded and a stream's task has taken over.
    func begin(_ handler: Task<Void, Never>) {
        if self.task == nil { self.task = handler }
    }

    /// Whether only the connection itself can end the exchange.
    var isWithoutTask: Bool { self.source != nil || self.onLeave != nil }

    func cancel() {
        self.task?.cancel()
        self.source.take()?.abandon()
        self.onLeave.take()?()
    }
}
