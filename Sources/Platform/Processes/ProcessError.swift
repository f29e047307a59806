/// Why a process could not be started or written to.
package struct ProcessError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable {
        /// The program doesn't exist.
        case notFound
        /// The file is not executable.
        case notExecutable
        /// The working directory is missing or inaccessible.
        case badDirectory
        /// An argument or variable contains a NUL, or a variable's name contains `=`.
        case badArgument
        /// The system refused: out of memory, descriptors or processes, or the arguments are too long.
        case spawnFailed
        /// The process no longer reads its input, or the input was closed.
        case inputClosed
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
