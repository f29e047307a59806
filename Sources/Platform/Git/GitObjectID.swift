internal import HTTP
internal import Primitives

/// The full hash of an object: 40 lower-case hexadecimal digits.
package struct GitObjectID: Hashable, Sendable, CustomStringConvertible {
    package let hex: String

    /// Nil unless `hex` is a full SHA-1 hash; converts upper-case digits.
    package init?(_ hex: String) {
        guard hex.utf8.count == 40, Self.isHexadecimal(hex) else { return nil }
        self.hex = hex.lowercased()
    }

    init(trusted hex: String) {
        self.hex = hex
    }

    /// Seven digits, as shown to people.
    package var short: String { String(self.hex.prefix(7)) }
    package var description: String { self.hex }

    package static func isHexadecimal(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0.hexadecimalValue != nil }
    }
}
