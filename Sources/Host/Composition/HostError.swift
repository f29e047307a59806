/// Why the host cannot do what it was started for: one line that says what, why and what to do.
package struct HostError: Error, Sendable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { self.message }
}
