internal import EventLoop
internal import Glibc

extension HTTPConnection {
    /// Sets the deadlines for what the connection now waits for.
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
        // While a handler holds the body back, the client is not the slow one.
        if !(self.isInsideBody && isReading) {
            self.clock.body = nil
        } else if self.clock.body == nil {
            self.clock.body = self.meter(total: self.receivedCount)
        }
        if self.output.isEmpty {
            self.clock.output = nil
        } else if self.clock.output == nil {
            self.clock.output = self.meter(total: self.acknowledgedCount)
        }
        self.clock.arm { [weak self] in self?.checkClock() }
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
            let error = HTTPServerError(.timeout, "the request body came too slowly")
            if self.exchange == nil { self.close() } else { self.refuse(error) }
        }
        if let isAlive = self.clock.output?.isAlive(at: now, total: self.acknowledgedCount), !isAlive {
            return self.abort()
        }
        self.finishTurn()
    }

    private func meter(total: Int) -> ProgressMeter {
        let deadlines = self.settings.deadlines
        return ProgressMeter(
            window: deadlines.progress, minimum: deadlines.minimumProgress, total: total, now: EventLoop.shared.now)
    }

    /// The bytes that the client has taken: those written, less those that the kernel still keeps for it. Without the
    /// kernel's part a slow but living reader of its large buffers would look dead for a long time.
    private var acknowledgedCount: Int {
        guard let registration = self.registration else { return self.sentCount }
        var unsent: Int32 = 0
        // SIOCOUTQ, tcp(7).
        guard unsafe ioctl(registration.descriptor, UInt(TIOCOUTQ), &unsent) == 0 else { return self.sentCount }
        return self.sentCount - Int(unsent)
    }
}
