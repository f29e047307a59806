internal import Chat
internal import Kit
internal import Logging

extension IRCStateMachine {
    /// Milliseconds of silence before a PING.
    static let silenceLimit: Int64 = 75_000
    /// Milliseconds to wait for the answer to it.
    static let answerLimit: Int64 = 60_000
    static let registrationLimit: Int64 = 60_000
    static let loginLimit: Int64 = 15_000

    mutating func setTimer(_ timer: Timer, in milliseconds: Int64) {
        self.link.timers[timer] = self.now.monotonic + milliseconds
    }

    mutating func clearTimer(_ timer: Timer) { self.link.timers[timer] = nil }

    mutating func fireTimers() {
        let due = self.link.timers.filter { $0.value <= self.now.monotonic }.sorted { $0.value < $1.value }
        for (timer, _) in due {
            // An earlier timer may have ended the connection, which clears all timers.
            guard self.link.timers.removeValue(forKey: timer) != nil else { continue }
            self.fire(timer)
        }
    }

    private mutating func fire(_ timer: Timer) {
        switch timer {
        case .registration:
            self.close(.init(.lost, "The server did not finish the registration within a minute"))
        case .login:
            self.close(
                .init(
                    .refused,
                    "SASL: no answer from services within 15 s; they may be down. Jetbridge retries by itself"))
        case .welcome: self.becomeReady()
        case .settling: self.settle()
        case .silence: self.checkSilence()
        case .deadPeer: self.checkAnswer()
        case .flood: self.pump()
        case .confirmation: self.expirePosts()
        case .rejoin(let key): self.rejoin(key)
        case .regain: self.regain()
        case .reclaim: self.continueReclaiming()
        case .typing: self.refreshTyping()
        case .sweep: self.sweepSplits()
        case .proof: self.expireProofs()
        case .check: self.expireChecks()
        case .talk(let speaker): self.finishTalk(speaker)
        case .memory: self.rememberSeen()
        }
    }

    private mutating func checkSilence() {
        let silence = self.now.monotonic - self.link.received.monotonic
        guard silence >= Self.silenceLimit else {
            return self.setTimer(.silence, in: Self.silenceLimit - silence)
        }
        self.link.awaitsAnswer = true
        self.sendNow(IRCOutgoingLine("PING", "alive"))
        self.setTimer(.deadPeer, in: Self.answerLimit)
    }

    private mutating func checkAnswer() {
        guard self.link.awaitsAnswer else { return self.setTimer(.silence, in: 0) }
        self.close(.init(.lost, "The server has been silent for more than two minutes"))
    }

    /// Saves how far messages have been received. After a crash, later ones are fetched if the server keeps history.
    mutating func rememberSeen() {
        if !self.isReadingHistory { self.memory.seen = self.link.received.wall }
        self.act(.remember(self.memory))
        self.setTimer(.memory, in: 60_000)
    }

    // MARK: The end of a connection

    /// Ends the connection from our side.
    mutating func close(_ ending: IRCEnding) {
        guard self.link.phase != .offline else { return }
        self.link.ending = self.link.ending ?? ending
        self.link.timers = [:]
        self.sendNow(IRCOutgoingLine("QUIT", text: "Jetbridge"))
        self.act(.close)
    }

    mutating func quit() {
        self.close(.init(.stopped, "stopped"))
    }

    /// Cleans up after the connection has ended.
    mutating func end(_ ending: IRCEnding) {
        let ending = self.link.ending ?? ending
        self.failPosts(ending)
        self.finishTalks()
        self.endAllIdentities()
        if self.link.phase == .ready || self.link.phase == .welcome {
            self.renewPolicy()
            if self.link.phase == .ready, !self.isReadingHistory { self.memory.seen = self.link.received.wall }
            self.act(.remember(self.memory))
        }
        // Only a connection that lasted a minute resets the failures, so that a kill right after each start still
        // backs off.
        if let since = self.link.readySince, self.now.monotonic - since > 60_000 { self.failures = 0 }
        if ending.kind != .upgrade { self.failures += 1 }
        self.link = Link()
        self.link.nick = self.settings.nick
        self.report(ending)
    }

    private mutating func report(_ ending: IRCEnding) {
        switch ending.kind {
        case .stopped, .handedOver:
            self.act(.status(.down, detail: "stopped"))
        case .upgrade:
            self.log(.info, ending.reason)
            self.act(.reconnect(after: 0...0))
        case .refused:
            self.log(.error, ending.reason)
            self.act(.status(.refused, detail: ending.reason))
            self.act(.reconnect(after: self.failures < 3 ? 60_000...90_000 : 600_000...900_000))
        case .banned:
            self.log(.error, ending.reason)
            self.act(.status(.refused, detail: ending.reason + " · retrying in ten minutes or more"))
            self.act(.reconnect(after: 600_000...900_000))
        case .lost:
            let delay: Int64 = min(300_000, 5_000 << Int64(min(max(1, self.failures) - 1, 6)))
            let seconds = delay / 1_000
            self.log(.warning, ending.reason)
            self.act(.status(.down, detail: "\(ending.reason) · retrying in about \(seconds) s"))
            self.act(.reconnect(after: (delay - delay / 4)...(delay + delay / 4)))
        }
    }
}
