internal import Chat
internal import Threads

/// What the bridge says about ratings of answers.
enum RatingTexts {
    static let noAnswer = "There is no answer in this thread yet that could be rated."

    static func usage(_ sign: CommandSign) -> String {
        "Write \(sign.command("rate up")) or \(sign.command("rate down")) about the last answer, and why if you like."
    }

    static func noted(_ rating: Rating) -> String { "\(rating.sign) noted for the last answer." }
}
