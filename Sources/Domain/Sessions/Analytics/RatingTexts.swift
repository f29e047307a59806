internal import Chat
internal import Threads
internal import Words

/// What the bridge says about ratings of answers.
enum RatingTexts {
    static var noAnswer: String { worded("There is no answer in this thread yet that could be rated.") }

    static func usage(_ sign: CommandSign) -> String {
        worded(
            "Write \(sign.command("rate up")) or \(sign.command("rate down")) about the last answer, and why if you like."
        )
    }

    static func noted(_ rating: Rating) -> String { worded("\(rating.sign) noted for the last answer.") }
}
