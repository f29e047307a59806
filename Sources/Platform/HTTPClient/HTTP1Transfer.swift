internal import EventLoop

/// An exchange over HTTP/1.1 without libcurl, at a fraction of its cost.
@Net
final class HTTP1Transfer: Transfer {
    /// The connection in use; nil while waiting for one.
    var connection: HTTP1Connection?
    private let pool: HTTP1Pool
    /// Notices held back while the connection's bytes are being read.
    private var notices: [Notice]?

    init(_ plan: TransferPlan, on pool: HTTP1Pool) {
        self.pool = pool
        super.init(plan)
    }

    /// Whether the request can be resent.
    var isRepeatable: Bool { self.upload == nil }

    override func submit() { self.pool.serve(self) }

    override func letGo() {
        // Belongs to the connection.
        self.idleTimer = nil
        self.pool.forget(self)
        self.connection.take()?.drop()
    }

    override func notify(_ notice: Notice) {
        if self.notices != nil {
            self.notices?.append(notice)
        } else {
            EventLoop.shared.execute { self.call(notice) }
        }
    }

    override func receiveAgain() {
        guard self.isReceivePaused, !self.isEnded else { return }
        self.isReceivePaused = false
        self.moved()
        self.connection?.updateInterest()
    }

    override func sendAgain() {
        self.isSendPaused = false
        self.moved()
        self.connection?.send()
    }

    /// Runs `body`, then calls the handlers for the notices that it caused.
    func holdingNotices(_ body: () -> Void) {
        self.notices = []
        body()
        let notices = self.notices.take() ?? []
        for notice in notices { self.call(notice) }
    }
}
