/// What somebody thinks of an answer.
package enum Rating: String, Sendable, CaseIterable {
    case up, down

    /// 👍 or 👎, in any colour of skin.
    package init?(emoji: String) {
        switch emoji.unicodeScalars.first {
        case "\u{1F44D}": self = .up
        case "\u{1F44E}": self = .down
        default: return nil
        }
    }

    package var sign: String { self == .up ? "👍" : "👎" }
}
