/// A message as people see it.
struct RoomMessage: Sendable {
    let author: String
    let isFromBot: Bool
    /// The visible text, with IRC's formatting codes.
    let text: String
    /// The network's own form: HTML, or the JSON of blocks.
    var markup = ""
    var buttons: [String] = []
    /// People's reactions.
    var reactions: [String] = []
    /// The bot's reactions, which offer an answer.
    var offers: [String] = []
    /// More of it may come.
    var isGrowing = false

    /// Without formatting codes.
    var plain: String {
        let scalars = self.text.unicodeScalars.filter { $0.value >= 0x20 || $0 == "\n" || $0 == "\t" }
        return String(String.UnicodeScalarView(scalars))
    }
}
