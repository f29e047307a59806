internal import EventLoop
internal import JSON
internal import Primitives

/// Injected faults.
extension LoopbackSlack {
    /// What happens to a call. Unless the case says otherwise, the call has no effect.
    package enum Fault: Sendable, Hashable {
        /// Answers with this status, and with `Retry-After` if given.
        case status(Int, retryAfter: Int? = nil)
        /// Answers `ok: false` with this error.
        case error(String)
        /// A proxy on the way to Slack answers 502 with a page.
        case webPage
        /// No answer comes.
        case hang
        /// The connection ends.
        case cut
        /// The call takes effect, but the connection ends without an answer.
        case loseAnswer
        /// The call takes effect, but no answer comes.
        case hangAfter
        /// The call takes effect, and the answer comes this many seconds later.
        case delay(Double)
    }

    /// What happens to the first delivery of an event.
    package enum Disturbance: Sendable, Hashable {
        /// It comes twice, with the same event id.
        case duplicate
        /// It comes this many seconds late, after others.
        case late(Double)
        /// It comes after the next undisturbed event, or at ``clearFaults()``.
        case swapped
    }

    /// Queues a fault for the next `times` calls of a method; `*` is any method.
    package func inject(_ fault: Fault, at method: String, times: Int = 1) {
        self.change { $0.faults[method, default: []] += Array(repeating: fault, count: times) }
    }

    /// Removes all faults and releases delayed events.
    package func clearFaults() {
        self.change { state in
            state.faults = [:]
            state.delivery.endDisturbances()
        }
    }

    /// Disturbs the next events, one each.
    package func disturb(_ disturbances: Disturbance...) {
        self.change { $0.delivery.disturbances += disturbances }
    }

    /// While held, events are not sent; they follow in order afterwards.
    package func holdEvents(_ isHeld: Bool) {
        self.change { $0.delivery.isHeld = isHeld }
    }

    /// Revokes the bot token: every call is answered `token_revoked`.
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

    /// Changes the token's scopes, as a reinstallation does.
    package func setScopes(_ scopes: Set<String>) {
        self.change { $0.settings.scopes = scopes }
    }

    package func setRateLimits(_ limits: RateLimits) {
        self.change { $0.limits = SlackRateLimits(factor: limits.factor) }
    }

    /// Advances Slack's clock, so that whatever waits for a time (retries, ends of streams, statuses, tickets) is due.
    package func advance(by seconds: Double) {
        self.skew.withLock { $0 += seconds }
        self.change { _ in }
    }

    // MARK: WebSockets

    /// Ends every WebSocket without a close frame.
    @Net package func cutSockets() {
        // All at once: cutting one of them must not send anything to the others.
        let numbers = self.wire.numbers
        self.change { state in for number in numbers { state.delivery.retire(number) } }
        for number in numbers { self.wire.socket(number)?.cut() }
    }

    /// Every open WebSocket falls silent without ending; new ones work.
    @Net package func freezeSockets() {
        for number in self.wire.numbers { self.wire.socket(number)?.freeze() }
    }

    /// Slack announces that a connection will end, and ends it after `seconds`.
    @Net package func warnSockets(closingAfter seconds: Double = 10) {
        for number in self.wire.numbers { self.wire.refresh(number, after: seconds, warning: true, for: self) }
    }

    /// Slack requests new connections and ends those open after `seconds`.
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

    /// Sends any text to every connection, for example a frame that isn't JSON.
    @Net package func sendRaw(_ text: String) {
        for number in self.wire.numbers { self.wire.socket(number)?.send(text) }
    }
}
