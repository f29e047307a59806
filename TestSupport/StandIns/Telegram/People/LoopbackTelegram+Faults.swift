/// Injected faults.
extension LoopbackTelegram {
    /// Queues a fault for the next `times` calls of a method; `*` is any method except `getUpdates`.
    package func inject(_ fault: TelegramFault, at method: String, times: Int = 1) {
        self.change { state, _ in
            state.faults.byMethod[method.lowercased(), default: []] += Array(repeating: fault, count: times)
        }
    }

    /// The number of queued faults.
    package var faultsLeft: Int { self.look { $0.faults.byMethod.values.reduce(0) { $0 + $1.count } } }

    /// Holds back the next `count` updates until ``release(isReversed:)``.
    package func holdUpdates(_ count: Int) {
        self.change { state, _ in state.faults.toHold += count }
    }

    /// Sends the held updates, in their order or reversed.
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

    /// The last `count` confirmed updates come again, under their old numbers.
    package func repeatUpdates(_ count: Int) {
        self.change { state, _ in state.updates.repeatConfirmed(count) }
    }

    /// Revokes the token, so that every call is answered 401, or makes it valid again.
    package func revokeToken(_ isRevoked: Bool = true) {
        self.change { state, _ in state.isRevoked = isRevoked }
    }
}
