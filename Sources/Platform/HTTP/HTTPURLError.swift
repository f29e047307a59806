/// Why a string is not a usable URL.
package struct HTTPURLError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case scheme
        case host
        case port
        case userInformation
        case character
    }

    package let code: Code
    /// What is wrong and what would be right; never contains the URL itself, which may hold a secret.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { self.message }
}
