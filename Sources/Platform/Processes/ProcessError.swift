/// Why a process could not be started or written to.
package struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        let name: String

        /// The program doesn't exist.
        package static let notFound = Code(name: "notFound")
        /// The file is not executable.
        package static let notExecutable = Code(name: "notExecutable")
        /// The working directory is missing or inaccessible.
        package static let badDirectory = Code(name: "badDirectory")
        /// An argument or variable contains a NUL, or a variable's name contains `=`.
        package static let badArgument = Code(name: "badArgument")
        /// The system refused: out of memory, descriptors or processes, or the arguments are too long.
        package static let spawnFailed = Code(name: "spawnFailed")
        /// The process no longer reads its input, or the input was closed.
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
