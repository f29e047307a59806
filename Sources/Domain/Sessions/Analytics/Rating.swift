/// What somebody thinks of an answer.
package enum Rating: String, Sendable, CaseIterable {
    case up, down

    /// 👍 or 👎, in any colour of skin.
    init?(emoji: String) {
        switch emoji.unicodeScalars.first {
        case "\u{1F44D}": self = .up
        case "\u{1F44E}": self = .down
        default: return nil
        }
    }

    var sign: String { self == .up ? "👍" : "👎" }
}
