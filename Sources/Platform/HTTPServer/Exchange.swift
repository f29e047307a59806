internal import EventLoop
internal import HTTP

/// One request that is being answered.
@Net
final class Exchange {
    let head: RequestHead
    /// The body, when it had not arrived as a whole with its head.
    let body: BodyStream?
    private let bodyLimit: Int
    private(set) var bodyCount: Int
    /// Whether the client still waits for `100 Continue`.
    var awaitsContinue: Bool
    /// How the answer is sent, once its head has been written.
    var framing: ResponseFraming?
    /// The bytes left of an answer whose length was announced.
    var remaining = 0
    /// Fields behind a chunked answer.
    var trailers = HTTPHeaders()
    var task: Task<Void, Never>?
    /// What is told that the client has left, where no task answers.
    var onLeave: (@Net () -> Void)?
    var source: (any ResponseSource)?
    /// Whether the source has to wait until the client has taken more.
    var isSourceHeld = false

    init(head: RequestHead, body: BodyStream?, received: Int, bodyLimit: Int) {
        self.head = head
        self.body = body
        self.bodyLimit = bodyLimit
        self.bodyCount = received
        self.awaitsContinue = head.expectsContinue && body != nil && received == 0
    }

    /// Whether the body is still within its limit with so many bytes more.
    func takes(_ count: Int) -> Bool {
        self.bodyCount += count
        return self.bodyCount <= self.bodyLimit
    }

    /// Notes the handler's task, unless the handler has answered already and its stream's task is the one that goes on.
    func begin(_ handler: Task<Void, Never>) {
        if self.task == nil { self.task = handler }
    }

    /// Whether nothing but the connection itself can end it.
    var isWithoutTask: Bool { self.source != nil || self.onLeave != nil }

    func cancel() {
        self.task?.cancel()
        self.source.take()?.abandon()
        self.onLeave.take()?()
    }
}
