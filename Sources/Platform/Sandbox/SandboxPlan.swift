/// What to start and how, as a value that can be tested without running anything.
package struct SandboxPlan: Sendable, Equatable {
    /// One argument of bwrap.
    package enum Argument: Sendable, Equatable {
        case text(String)
        /// The number of a descriptor from which these bytes can be read.
        case data([UInt8])
        /// The number of the socket to init.
        case control
        /// The number of the pipe for bwrap's status (`--json-status-fd`).
        case status
    }

    /// The installed helper's path; see ``JailPrograms``.
    package let launcher: String
    /// What the launcher does before it becomes bwrap; see `Init/launch.c`.
    package let preparations: [String]
    /// bwrap's path.
    package let program: String
    package let options: [Argument]
    /// What bwrap executes, and its arguments.
    package let command: [Argument]

    package init(
        launcher: String, preparations: [String], program: String, options: [Argument], command: [Argument]
    ) {
        self.launcher = launcher
        self.preparations = preparations
        self.program = program
        self.options = options
        self.command = command
    }
}

/// Why a sandbox could not be started or used.
package struct SandboxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One line; what bwrap wrote, where it wrote something.
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
