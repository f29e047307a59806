/// What to start and how, as a value that can be tested without running anything.
package struct ProcessPlan: Sendable, Hashable {
    package enum Input: Sendable, Hashable {
        /// Empty.
        case null
        /// Written through ``Process/input``.
        case pipe
    }

    package enum Output: Sendable, Hashable {
        case null
        /// Read through ``Process/output`` or ``Process/errorOutput``.
        case pipe
        /// This process's standard error, for programs that log there.
        case inherited
    }

    package enum ErrorOutput: Sendable, Hashable {
        case null, pipe, inherited
        /// Merged into the standard output, in the order of writing.
        case joined
    }

    /// A path with a slash; see ``Process/find(_:in:)`` to look up names.
    package var executable: String
    /// Excludes the program's name.
    package var arguments: [String]
    /// The complete environment: nothing is inherited.
    package var environment: [String: String]
    /// The working directory; `nil` means this process's.
    package var directory: String?
    package var standardInput = Input.null
    package var standardOutput = Output.pipe
    package var standardError = ErrorOutput.pipe
    /// The number of additional pipes, the program's descriptors 3, 4, …; see ``Process/extraOutputs``.
    package var extraOutputs = 0
    /// Descriptors of this process that become the program's next ones, after the additional pipes. The caller keeps
    /// owning them.
    package var passed: [Int32] = []

    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:], directory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
    }
}
