/// A call of the last answer, and how far it is.
struct PendingCall: Sendable {
    let id: String
    let name: String
    let reading: CallReading
    var decision: GateDecision?
    var isStarted = false
    /// It had begun when the host ended: it may have run.
    var isLost = false
    var result: ToolResult?

    var call: CheckedCall? {
        if case .call(let call) = self.reading { call } else { nil }
    }

    var isRead: Bool { self.call?.tool.kind == .read }

    /// The gate has not decided about it.
    var isOpen: Bool { self.result == nil && self.decision == nil && self.call != nil }

    /// Whether its beginning may have changed something outside of the turn.
    var hasEffects: Bool { self.call?.tool.kind.hasEffects ?? false }

    /// A repeated question joins the first, and a list of tasks replaces itself.
    var mayRepeat: Bool { !self.hasEffects }

    /// The result of a call that is not carried out.
    var settledResult: (call: String, result: ToolResult)? {
        guard self.result == nil else { return nil }
        if case .failed(let result) = self.reading { return (self.id, result) }
        if self.isLost { return (self.id, AgentTexts.lost(self.name)) }
        switch self.decision {
        case .denied(let reason): return (self.id, AgentTexts.denied(reason, tool: self.name))
        case .expired: return (self.id, AgentTexts.expired(tool: self.name))
        case .allowed, .approved, nil: return nil
        }
    }

    /// Whether it counts as a failure of its tool. A command that ran and failed is news, not a wrong call.
    var hasFailed: Bool {
        guard self.result?.outcome == .failed else { return false }
        return !(self.isStarted && self.call?.tool.kind == .execute)
    }
}
