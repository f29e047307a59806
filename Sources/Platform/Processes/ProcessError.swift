/// Why a process could not be started or spoken to.
package struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        let name: String

        /// No such program.
        package static let notFound = Code(name: "notFound")
        /// The program may not be run, or is no program.
        package static let notExecutable = Code(name: "notExecutable")
        /// The working directory is missing or closed to us.
        package static let badDirectory = Code(name: "badDirectory")
        /// An argument or variable that can't be passed: it holds a NUL, or a name holds `=`.
        package static let badArgument = Code(name: "badArgument")
        /// The system refused: no memory, no descriptors, no processes left, text too long.
        package static let spawnFailed = Code(name: "spawnFailed")
        /// The process reads no more, or its input was closed.
        package static let inputClosed = Code(name: "inputClosed")
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
