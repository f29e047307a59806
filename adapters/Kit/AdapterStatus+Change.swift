package import Chat

extension AdapterStatus {
    /// Enters `state`; `since` changes only if the state does.
    ///
    /// - Parameter keepsReason: Whether `.connecting` keeps the detail of the last failure.
    package mutating func change(to state: State, detail: String?, keepsReason: Bool = false, at now: AdapterTime) {
        if self.state != state { self.since = now.wall }
        self.state = state
        if !keepsReason || state != .connecting { self.detail = detail }
    }
}
