package import Chat
package import Threads
internal import Words

/// What the bridge says about ratings of answers.
package enum RatingTexts {
    package static var noAnswer: String { worded("There is no answer in this thread yet that could be rated.") }

    package static func usage(_ sign: CommandSign) -> String {
        worded(
            "Write \(sign.command("rate up")) or \(sign.command("rate down")) about the last answer, and why if you like."
        )
    }

    package static func noted(_ rating: Rating) -> String { worded("\(rating.sign) noted for the last answer.") }
}
