/// What to start and how: data, so that it can be tested without running anything.
package struct ProcessPlan: Sendable, Hashable {
    package enum Input: Sendable, Hashable {
        /// Reads the end at once.
        case null
        /// Written by ``Process/input``.
        case pipe
    }

    package enum Output: Sendable, Hashable {
        case null
        /// Read by ``Process/output`` or ``Process/errorOutput``.
        case pipe
        /// This process's own standard error, for programs whose log is ours.
        case inherited
    }

    package enum ErrorOutput: Sendable, Hashable {
        case null, pipe, inherited
        /// Into the standard output, in the order of writing.
        case joined
    }

    /// The path of the program with a slash in it; see ``Process/find(_:in:)`` for names.
    package var executable: String
    /// Without the program's own name.
    package var arguments: [String]
    /// All of it: nothing is inherited.
    package var environment: [String: String]
    /// The working directory; `nil` is this process's own.
    package var directory: String?
    package var standardInput = Input.null
    package var standardOutput = Output.pipe
    package var standardError = ErrorOutput.pipe
    /// Further pipes that the program writes to, as its descriptors 3, 4, …; see ``Process/extraOutputs``.
    package var extraOutputs = 0

    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }
}
