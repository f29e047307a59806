/// A command that runs or ran in a session's jail.
package struct Job: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        case running, ended
        /// It ran when the host ended.
        case interrupted
    }

    /// Short, to be typed by people; unique in its session.
    package let id: String
    package let session: String
    /// The operation that started it; empty for a process that a command left running.
    package let turn: String
    package let command: String
    /// It runs beside the thread's turns.
    package let isBackground: Bool
    package var state: State
    /// Its exit line; nil while it runs.
    package var ending: String?
    /// It is a process that a command left running in the thread's jail.
    package var isLeftover: Bool { self.turn.isEmpty }
    /// Milliseconds since 1970.
    package let startedAt: Int64
    package var endedAt: Int64?

    package init(
        id: String, session: String, turn: String, command: String, isBackground: Bool, state: State = .running,
        ending: String? = nil, startedAt: Int64, endedAt: Int64? = nil
    ) {
        self.id = id
        self.session = session
        self.turn = turn
        self.command = command
        self.isBackground = isBackground
        self.state = state
        self.ending = ending
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// Output of a job since a position.
package struct JobProgress: Sendable, Equatable {
    /// Where the next piece begins.
    package let position: Int
    /// Older pieces may be missing: only the last ones are kept.
    package let output: [CommandOutput]
    /// The exit line, once the job has ended.
    package let ending: String?

    package init(position: Int, output: [CommandOutput], ending: String?) {
        self.position = position
        self.output = output
        self.ending = ending
    }
}
