internal import EventLoop
internal import Glibc
internal import HTTP
internal import JSON
internal import Logging

extension HTTPConnection {
    /// Sets the deadlines for the connection's current state.
    func updateClock(isReading: Bool) {
        let deadlines = self.settings.deadlines
        let now = EventLoop.shared.now
        if self.isLingering {
            self.clock.enter(.lingering, limit: deadlines.linger, now: now)
        } else if self.exchange != nil || self.isInsideBody || !self.output.isEmpty {
            self.clock.enter(.busy, limit: nil, now: now)
        } else if self.isInsideHead {
            self.clock.enter(.head, limit: deadlines.head, now: now)
        } else {
            self.clock.enter(.idle, limit: deadlines.idle, now: now)
        }
        if self.exchange == nil {
            self.clock.exchange = nil
        } else if self.clock.exchange == nil {
            self.clock.exchange = ProgressMeter(
                window: deadlines.exchange, minimum: 1, total: self.movedCount, now: now)
        }
        // While a handler isn't reading the body, the client is not the slow side.
        if !(self.isInsideBody && isReading) {
            self.clock.body = nil
        } else if self.clock.body == nil {
            self.clock.body = self.meter(total: self.receivedCount)
        }
        if self.output.isEmpty {
            self.clock.output = nil
            self.clock.crowd = nil
        } else if self.clock.output == nil {
            self.clock.output = self.meter(total: self.acknowledgedCount)
            self.clock.crowd = self.crowdMeter()
        }
        // The clock's end releases this connection.
        self.clock.arm { self.checkClock() }
    }

    private func checkClock() {
        let now = EventLoop.shared.now
        if self.clock.isPhaseOver {
            switch self.clock.phase {
            case .busy: break
            case .idle, .lingering: return self.abort()
            case .head:
                self.refuse(HTTPServerError(.timeout, "the request head took too long"))
            }
        }
        if let isAlive = self.clock.body?.isAlive(at: now, total: self.receivedCount), !isAlive {
            self.clock.body = nil
            let error = HTTPServerError(.timeout, "the request body arrived too slowly")
            if self.exchange == nil { self.close() } else { self.refuse(error) }
        }
        if let isAlive = self.clock.output?.isAlive(at: now, total: self.acknowledgedCount), !isAlive {
            return self.abort()
        }
        if let isAlive = self.clock.crowd?.isAlive(at: now, total: self.acknowledgedCount), !isAlive {
            if self.isCrowded { return self.abort() }
            self.clock.crowd = self.crowdMeter()
        }
        if let isAlive = self.clock.exchange?.isAlive(at: now, total: self.movedCount), !isAlive {
            self.clock.exchange = nil
            // While output waits for the client, its own deadline applies.
            if let exchange = self.exchange, self.output.isEmpty { self.giveUp(on: exchange) }
        }
        self.finishTurn()
    }

    /// Ends a request whose handler hangs.
    private func giveUp(on exchange: Exchange) {
        self.server.logger.warning(
            "a request in progress was abandoned: nothing moved for too long",
            [
                "method": .string(exchange.head.method.rawValue), "path": .string(String(exchange.head.path)),
                "seconds": .number(self.settings.deadlines.exchange / .seconds(1)),
            ])
        guard exchange.framing == nil else { return self.abort() }
        exchange.cancel()
        let problem = HTTPProblem(
            .gatewayTimeout, "the server could not answer in time; try again later", headers: ["Connection": "close"])
        self.answer(exchange, failure: problem)
    }

    /// The bytes moved in either direction.
    private var movedCount: Int { self.receivedCount + self.sentCount }

    private func meter(total: Int) -> ProgressMeter {
        let deadlines = self.settings.deadlines
        return ProgressMeter(
            window: deadlines.progress, minimum: deadlines.minimumProgress, total: total, now: EventLoop.shared.now)
    }

    private func crowdMeter() -> ProgressMeter {
        let deadlines = self.settings.deadlines
        return ProgressMeter(
            window: deadlines.crowded, minimum: deadlines.crowdedProgress, total: self.acknowledgedCount,
            now: EventLoop.shared.now)
    }

    /// The bytes that the client has acknowledged: those written, less those in the kernel's send queue. Counting only
    /// writes would make a slow but live reader of the kernel's large buffers look dead.
    private var acknowledgedCount: Int {
        guard let registration = self.registration else { return self.sentCount }
        var unsent: Int32 = 0
        // SIOCOUTQ, tcp(7).
        guard unsafe ioctl(registration.descriptor, UInt(TIOCOUTQ), &unsent) == 0 else { return self.sentCount }
        return self.sentCount - Int(unsent)
    }
}
