/// Why a filter could not be made. One line.
package struct SeccompError: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
