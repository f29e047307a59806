/// What a turn does next.
package enum AgentAction: Sendable, Equatable {
    /// Store this event, and go on.
    case record(AgentEvent)
    /// Ask the model.
    case ask
    /// Prepare these calls, and have the gate decide about them as one question. A call other than the first that cannot
    /// be prepared yet may stay open: those before it may be what it waits for.
    case settle([CheckedCall])
    /// Carry out these calls, at the same time.
    case run([CheckedCall])
    /// The turn is over.
    case end(AgentEnding)
}
