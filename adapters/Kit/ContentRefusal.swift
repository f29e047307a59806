internal import Primitives

/// Servers give one code to a message that a filter refuses for its words, and to a room that accepts nothing.
package enum ContentRefusal {
    private static let words = [
        "banned phrase", "blocked", "colo", "contain", "filter", "not permitted", "reject", "spam", "your message",
    ]

    /// Whether a server's words say that it refuses a message for what is in it, so that the next one may be accepted.
    package static func isMeant(by text: String) -> Bool {
        let text = text.beginning(bytes: 500).lowercased()
        return self.words.contains { text.contains($0) }
    }
}
