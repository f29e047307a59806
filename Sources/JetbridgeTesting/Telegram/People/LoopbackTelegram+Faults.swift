package import JSON

/// What goes wrong.
extension LoopbackTelegram {
    /// The next `times` calls of a method meet a fault, behind those that are queued already; `*` is any method but
    /// `getUpdates`.
    package func inject(_ fault: TelegramFault, at method: String, times: Int = 1) {
        self.change { state, _ in
            state.faults.byMethod[method.lowercased(), default: []] += Array(repeating: fault, count: times)
        }
    }

    /// How many faults of calls are still to come.
    package var faultsLeft: Int { self.look { $0.faults.byMethod.values.reduce(0) { $0 + $1.count } } }

    /// Takes back the faults that are still to come.
    package func clearFaults() {
        self.change { state, _ in state.faults.byMethod = [:] }
    }

    /// The `getUpdates` that waits at this moment is never answered, as on a connection that only its one end knows of.
    /// Later ones are.
    package func freezePoll() {
        self.change { state, _ in state.poll.frozen = state.poll.number }
    }

    /// The next `count` updates don't come until ``release(isReversed:)``.
    package func holdUpdates(_ count: Int) {
        self.change { state, _ in state.faults.toHold += count }
    }

    /// Lets the updates that were kept back come, in their order or the other way round.
    package func release(isReversed: Bool = false) {
        self.change { state, now in
            let held = state.faults.held
            state.faults.held = []
            state.faults.toHold = 0
            for (kind, body) in isReversed ? held.reversed() : held { state.updates.add(kind, body, now: now) }
        }
    }

    /// The next `count` updates come twice, under two numbers.
    package func doubleUpdates(_ count: Int) {
        self.change { state, _ in state.faults.toDouble += count }
    }

    /// The last `count` confirmed updates come once more, under their old numbers.
    package func repeatUpdates(_ count: Int) {
        self.change { state, _ in state.updates.repeatConfirmed(count) }
    }

    /// The token is taken back: every call is answered 401. Its owner may give it again.
    package func revokeToken(_ isRevoked: Bool = true) {
        self.change { state, _ in state.isRevoked = isRevoked }
    }

    /// How strictly the limits hold from now on; all budgets are full again.
    package func setFlood(_ mode: FloodMode) {
        self.change { state, _ in
            state.settings.flood = mode
            state.flood = TelegramFlood(mode)
        }
    }

    /// An update as it is, of any kind.
    package func inject(update kind: String, _ body: JSON) {
        self.change { state, now in state.publish(kind, body, now: now) }
    }
}
