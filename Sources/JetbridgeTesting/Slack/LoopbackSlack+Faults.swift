internal import EventLoop
internal import JSON
internal import Primitives

/// What goes wrong.
extension LoopbackSlack {
    /// What a call gets instead of its answer.
    package enum Fault: Sendable, Hashable {
        /// Nothing is done; this is the answer, with `Retry-After` where it is given.
        case status(Int, retryAfter: Int? = nil)
        /// Nothing is done; `ok: false` with this error.
        case error(String)
        /// Nothing is done; something between here and Slack answers 502 with a page.
        case webPage
        /// Nothing is done, and no answer comes.
        case hang
        /// Nothing is done, and the connection ends.
        case cut
        /// It is done, but the connection ends without an answer.
        case loseAnswer
        /// It is done, but no answer comes.
        case hangAfter
        /// It is done, and the answer comes so many seconds later.
        case delay(Double)
    }

    /// What happens to the first delivery of an event.
    package enum Disturbance: Sendable, Hashable {
        /// It comes twice, with the same event id.
        case duplicate
        /// It comes so many seconds later, behind others.
        case late(Double)
        /// It comes behind the next one, which isn't disturbed; it waits for that, or for ``clearFaults()``.
        case swapped
    }

    /// The next `times` calls of a method meet a fault, behind those that are queued already; `*` is any method.
    package func inject(_ fault: Fault, at method: String, times: Int = 1) {
        self.change { $0.faults[method, default: []] += Array(repeating: fault, count: times) }
    }

    /// No fault waits any more, and no event waits for another one.
    package func clearFaults() {
        self.change { state in
            state.faults = [:]
            state.delivery.endDisturbances()
            state.losesShares = 0
        }
    }

    /// The next events are disturbed, one each.
    package func disturb(_ disturbances: Disturbance...) {
        self.change { $0.delivery.disturbances += disturbances }
    }

    /// While it is held, no event is sent; they come in order after it.
    package func holdEvents(_ isHeld: Bool) {
        self.change { $0.delivery.isHeld = isHeld }
    }

    /// The message of the next upload never appears, though the answer said that all was well.
    package func loseShares(_ count: Int = 1) {
        self.change { $0.losesShares += count }
    }

    /// The bot token is taken back: every call is answered `token_revoked`.
    package func revokeToken() {
        self.change { state in
            state.emit(
                "tokens_revoked",
                ["type": "tokens_revoked", "tokens": ["oauth": [], "bot": [.string(SlackState.botUser)]]])
            state.isRevoked = true
        }
    }

    /// Whether `apps.connections.open` answers `invalid_auth`.
    package func refuseAppToken(_ isRefused: Bool = true) {
        self.change { $0.isAppTokenBad = isRefused }
    }

    /// Changes what the token may, as a reinstallation does.
    package func setScopes(_ scopes: Set<String>) {
        self.change { $0.settings.scopes = scopes }
    }

    package func setRateLimits(_ limits: RateLimits) {
        self.change { $0.limits = SlackRateLimits(factor: limits.factor) }
    }

    /// Moves Slack's clock on: what waits for a time (retries, ends of streams, statuses, tickets) doesn't wait longer.
    package func advance(by seconds: Double) {
        self.skew.withLock { $0 += seconds }
        self.change { _ in }
    }

    // MARK: WebSockets

    /// Every WebSocket ends without a goodbye.
    @Net package func cutSockets() {
        // All at once: nothing comes to one of them because another one is gone.
        let numbers = self.wire.numbers
        self.change { state in for number in numbers { state.delivery.retire(number) } }
        for number in numbers { self.wire.socket(number)?.cut() }
    }

    /// Every open WebSocket falls silent without ending; new ones work.
    @Net package func freezeSockets() {
        for number in self.wire.numbers { self.wire.socket(number)?.freeze() }
    }

    /// Slack tells that a connection is going to end, and ends it after `seconds`.
    @Net package func warnSockets(closingAfter seconds: Double = 10) {
        for number in self.wire.numbers { self.wire.refresh(number, after: seconds, warning: true, for: self) }
    }

    /// Slack asks for new connections and ends those that are open after `seconds`.
    @Net package func refreshSockets(closingAfter seconds: Double = 1) {
        for number in self.wire.numbers { self.wire.refresh(number, after: seconds, warning: false, for: self) }
    }

    /// Socket Mode is switched off in the app's settings.
    @Net package func disableSocketMode() {
        self.change { $0.isSocketModeOff = true }
        for number in self.wire.numbers {
            self.wire.socket(number)?.send(SlackWire.disconnect("link_disabled"))
            self.wire.socket(number)?.close()
        }
    }

    /// Sends any text to every connection, such as a frame that isn't JSON.
    @Net package func sendRaw(_ text: String) {
        for number in self.wire.numbers { self.wire.socket(number)?.send(text) }
    }
}
