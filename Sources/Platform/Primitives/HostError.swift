/// An error for people: one line with what failed, why, and what to do.
package struct HostError: Error, Sendable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { self.message }
}
