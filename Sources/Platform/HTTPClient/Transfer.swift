internal import EventLoop

/// An HTTP exchange in progress. A subclass moves its bytes; tasks or callbacks wait for them.
@Net
class Transfer {
    /// An event for a handler.
    enum Notice {
        case head
        case bytes
    }

    final var plan: TransferPlan
    final let body = BytePipe()
    /// The pipe of a body that is written while it is sent.
    private(set) final var upload: BytePipe?
    private(set) final var isEnded = false
    /// Set by the subclass.
    final var isConnected = false
    final var isReceivePaused = false
    /// The body's writer is awaited.
    final var isSendPaused = false
    /// A subclass may set its own and must then remove it in ``letGo()``.
    final var idleTimer: Timer?

    private final var head: ResponseHead?
    private final var headFailure: (any Error)?
    private final var headChanged: WaitList?
    /// Called once, as an alternative to ``response()``.
    private final var onHead: (@Net (Result<HTTPClientResponse, any Error>) -> Void)?
    private final var uploading: Task<Void, Never>?
    private final var totalTimer: Timer?

    /// Called when body bytes or the body's end arrive.
    final var onArrival: (@Net () -> Void)? {
        didSet { self.body.onReadable = { [weak self] in self?.notify(.bytes) } }
    }

    init(_ plan: TransferPlan) {
        self.plan = plan
    }

    // MARK: For the subclass

    /// Begins to move bytes.
    func submit() throws(HTTPClientError) { preconditionFailure("a subclass submits") }

    /// Ends the movement of bytes; called once.
    func letGo() { preconditionFailure("a subclass lets go") }

    /// Calls ``call(_:)`` once the code that moves bytes has returned.
    func notify(_ notice: Notice) { preconditionFailure("a subclass notifies") }

    /// The reader has made room after ``pauseReceiving()``.
    func receiveAgain() { preconditionFailure("a subclass receives") }

    /// The body's writer has written.
    func sendAgain() { preconditionFailure("a subclass sends") }

    /// Waits until the reader has made room in the body's pipe, which is full.
    final func pauseReceiving() {
        self.isReceivePaused = true
        self.body.onDrain = { [weak self] in self?.receiveAgain() }
        // Registers with the full pipe as a waiting producer.
        self.body.offer([])
    }

    /// The head has arrived.
    final func take(_ head: ResponseHead) {
        self.head = head
        self.headCame()
    }

    final func call(_ notice: Notice) {
        switch notice {
        case .bytes: self.onArrival?()
        case .head:
            guard let onHead = self.onHead.take() else { return }
            if let response = self.arrivedResponse {
                onHead(.success(response))
            } else {
                onHead(.failure(self.headFailure ?? CancellationError()))
            }
        }
    }

    /// Postpones the idle deadline because bytes were transferred.
    final func moved() {
        guard let idle = self.plan.idleTimeout else { return }
        if let timer = self.idleTimer {
            timer.reschedule(after: idle)
        } else {
            self.idleTimer = EventLoop.shared.schedule(after: idle) { [weak self] in self?.idled() }
        }
    }

    final func idled() {
        // This side is slow, not the peer.
        guard !self.isReceivePaused, !self.isSendPaused else { return self.moved() }
        self.fail(.idleTimeout, "the server was idle for \(self.plan.idleTimeout ?? .zero)")
    }

    final func fail(_ code: HTTPClientError.Code, _ reason: String) {
        self.end(
            throwing: HTTPClientError(
                code, "\(self.plan.host): \(reason)", mayHaveReachedServer: self.isConnected))
    }

    final func end(throwing error: (any Error)?) {
        guard !self.isEnded else { return }
        self.isEnded = true
        self.letGo()
        self.idleTimer?.cancel()
        self.totalTimer?.cancel()
        self.uploading?.cancel()
        self.uploading = nil
        self.upload?.cancel()
        if self.head == nil {
            self.headFailure =
                error
                // libcurl reports success when the connection closes within the head.
                ?? HTTPClientError(
                    .closed, "\(self.plan.host): the connection was closed before the response's head was complete",
                    mayHaveReachedServer: true)
            self.headCame()
        }
        self.body.finish(throwing: error)
    }

    private final func headCame() {
        self.headChanged?.wakeAll()
        if self.onHead != nil { self.notify(.head) }
    }

    private final var arrivedResponse: HTTPClientResponse? {
        self.head.map {
            HTTPClientResponse(
                status: $0.status, version: $0.version, headers: $0.headers, body: HTTPResponseBody(self))
        }
    }

    // MARK: For the client

    /// Sends the request.
    final func start() throws(HTTPClientError) {
        guard case .stream(_, let write) = self.plan.body else { return try self.begin() }
        let pipe = BytePipe()
        pipe.onReadable = { [weak self] in
            guard let self, self.isSendPaused, !self.isEnded else { return }
            self.sendAgain()
        }
        self.upload = pipe
        try self.begin()
        guard !self.isEnded else { return }
        // Unstructured: owned by the transfer, whose `end` cancels it. On the loop, where most bodies originate.
        self.uploading = Task {
            do {
                try await write(HTTPRequestBodyWriter(pipe: pipe))
                pipe.finish()
            } catch {
                pipe.finish(throwing: error)
            }
        }
    }

    private final func begin() throws(HTTPClientError) {
        try self.submit()
        guard !self.isEnded, let total = self.plan.totalTimeout else { return }
        self.totalTimer = EventLoop.shared.schedule(after: total) { [weak self] in
            self?.fail(.totalTimeout, "the exchange took longer than \(total)")
        }
    }

    /// Calls `handler` when the head has arrived or the transfer has failed without one.
    final func whenHeadCame(_ handler: @escaping @Net (Result<HTTPClientResponse, any Error>) -> Void) {
        self.onHead = handler
        if self.head != nil || self.headFailure != nil { self.notify(.head) }
    }

    /// Waits for the response's head. Cancellation ends the transfer.
    final func response() async throws -> HTTPClientResponse {
        do {
            while true {
                if let response = self.arrivedResponse { return response }
                if let failure = self.headFailure { throw failure }
                let changed = self.headChanged ?? WaitList()
                self.headChanged = changed
                try await changed.wait()
            }
        } catch {
            self.abandon()
            throw error
        }
    }

    /// The next bytes of the body; `nil` at its end. Cancellation ends the transfer.
    final func nextBodyBytes() async throws -> [UInt8]? {
        do {
            return try await self.body.read()
        } catch {
            self.abandon()
            throw error is BytePipe.Closed ? CancellationError() : error
        }
    }

    /// The body bytes received so far, and how the body ended if it has.
    final func takeArrived() -> (bytes: [UInt8], end: Result<Void, any Error>?) {
        let bytes = self.body.takeAll() ?? []
        return (bytes, self.body.end)
    }

    /// ``abandon()`` without calling any handler.
    final func forget() {
        self.onHead = nil
        self.onArrival = nil
        self.abandon()
    }

    /// Ends the transfer at once because the rest is no longer needed.
    final func abandon() {
        self.end(throwing: CancellationError())
        self.body.cancel()
    }
}
