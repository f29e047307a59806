internal import Primitives

/// Servers give one code to a message that a filter refuses for its words, and to a room that accepts nothing.
package enum ContentRefusal {
    private static let words = [
        "banned phrase", "blocked", "colo", "contain", "filter", "not permitted", "reject", "spam", "your message",
    ]
    /// With which names of rooms and people begin.
    private static let signs = "#&+!@"

    /// Whether a server's words say that it refuses a message for what is in it, so that the next one may be accepted.
    /// Names say nothing about it: a channel may be called `#spam-filter`.
    package static func isMeant(by text: String) -> Bool {
        let said = text.beginning(bytes: 500).lowercased().split(separator: " ").filter { word in
            word.unicodeScalars.first.map { !self.signs.unicodeScalars.contains($0) } ?? true
        }
        let text = said.joined(separator: " ")
        return self.words.contains { text.contains($0) }
    }
}
