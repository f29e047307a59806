/// Why no jail can be started. One line: what failed, why, what to do.
package struct JailFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package let message: String

    package init(_ message: String) { self.message = message }

    package var description: String { self.message }
}
