/// Why bytes are not a valid and unambiguous part of an HTTP/1.1 message (RFC 9112).
package struct HTTPSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case malformed
        /// The fields are longer or more than allowed.
        case tooLarge
    }

    package let code: Code
    /// What is wrong, in one line.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }

    static func malformed(_ message: String) -> HTTPSyntaxError { HTTPSyntaxError(.malformed, message) }
}
