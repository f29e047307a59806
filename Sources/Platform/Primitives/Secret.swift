/// A token, password or key that cannot be printed by accident: only ``reveal()`` returns the value.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    package init(_ value: String) {
        self.value = value
    }

    package var description: String { "<redacted>" }
    package var debugDescription: String { "<redacted>" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
    package var isEmpty: Bool { self.value.isEmpty }

    /// The plain value, for the one place that sends it.
    package func reveal() -> String { self.value }
}
