internal import Primitives

/// What the bot says about what it has read.
package enum SurroundingsTexts {
    package static let late = "What was said here before could not be read in time; the next mention has it."

    /// - Parameter reason: As the network's adapter gives it.
    package static func missing(_ reason: String) -> String {
        "Not everything that was said here can be read: \(VisibleText.line(reason.beginning(bytes: 400)))"
    }
}
