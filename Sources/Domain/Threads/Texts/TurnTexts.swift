package import Chat
internal import Primitives
internal import Words

/// What people read about their questions and the answers to them.
package enum TurnTexts {
    // MARK: Before the answer

    package static func queued(ahead count: Int) -> String {
        count == 1
            ? worded("I am still answering; 1 message is ahead of this one.")
            : worded("I am still answering; \(count) messages are ahead of this one.")
    }

    /// Where the line is edited as the number changes.
    package static func waiting(_ count: Int) -> String {
        switch count {
        case 0: worded("No messages are waiting any more.")
        case 1: worded("I am still answering; 1 message waits.")
        default: worded("I am still answering; \(count) messages wait.")
        }
    }

    package static func queueIsFull(_ count: Int, sign: CommandSign) -> String {
        worded("\(count) messages are already waiting here. Wait for an answer, or type \(sign.command("stop all")).")
    }

    package static var waitsForHost: String { worded("Many answers are being written; this one waits its turn.") }
    package static var noWorker: String {
        worded("Nothing on this host is configured to answer that. An owner can change the configuration.")
    }
    package static var identityEnded: String { worded("The person left the network.") }
    package static var accessRemoved: String { worded("Not answered: an owner has taken away this person's access.") }
    package static var deleted: String { worded("The message was deleted.") }
    /// In the place of its text, where the model reads it too.
    package static let deletedByAuthor = "[deleted by its author]"
    package static var editedIntoAnother: String { worded("The message was edited into another kind of message.") }

    /// Lists messages that are too old to be answered.
    package static func stale(_ texts: [String]) -> String {
        let quotes = texts.prefix(Self.staleQuotes).map { "“\(Self.excerpt($0))”" }.joined(separator: ", ")
        let more = texts.count > Self.staleQuotes ? worded(" and \(texts.count - Self.staleQuotes) more") : ""
        return texts.count == 1
            ? worded("A message from more than a day ago was not answered: \(quotes). Ask again if it still matters.")
            : worded(
                "\(texts.count) messages from more than a day ago were not answered: \(quotes)\(more). "
                    + "Ask again if they still matter.")
    }

    /// The maximum number of quoted messages.
    static let staleQuotes = 5

    /// One character may be as long as a message, so an excerpt has a limit in bytes, too.
    private static let excerptBytes = 320

    private static func excerpt(_ text: String) -> String {
        let start = text.trimmed.beginning(bytes: 1_024).prefix(200)
        let line = start.split(whereSeparator: \.isNewline).first.map(String.init) ?? "…"
        let isWhole = line.count <= 40 && line.utf8.count <= Self.excerptBytes
        let short = isWhole ? line : String(line.prefix(39)).beginning(bytes: Self.excerptBytes).trimmed + "…"
        return EscapedText.markdown(short)
    }

    /// Stands where the answer will be.
    package static var thinking: String { worded("Thinking…") }
    /// In every language: a restart does not know in which it was posted.
    package static var allThinking: [String] {
        Language.allCases.map { Language.$current.withValue($0) { Self.thinking } }
    }

    package static func thought(milliseconds: Int64) -> String {
        let seconds = max(1, (milliseconds + 500) / 1_000)
        return seconds < 120 ? worded("Thought for \(seconds) s") : worded("Thought for \(seconds / 60) min")
    }

    package static var thoughtIsCut: String { worded("(The rest is not kept.)") }

    // MARK: Rooms that refuse it

    /// In the transcript, below an answer that its room does not accept.
    package static func waitsForRoom(_ reason: String) -> String {
        worded(
            "Not posted yet: the room does not accept my messages (\(Self.reason(reason))). The answer is posted as soon as the "
                + "room accepts them again, within a day; after that, it goes directly to the person who asked.")
    }

    package static var postedLate: String { worded("The answer was posted: the room accepts my messages again.") }

    /// What a network says of a room, in a line.
    package static func reason(_ text: String) -> String {
        EscapedText.markdown(VisibleText.strictLine(text.beginning(bytes: 300)))
    }

    // MARK: The end of an answer

    package static func cut(_ reason: String, sign: CommandSign) -> String {
        worded("Cut off: \(sign.completing(reason)). Type \(sign.command("resume")) to continue.")
    }

    package static func filtered(_ reason: String, sign: CommandSign) -> String {
        worded("Cut off: \(sign.completing(reason)). \(Self.leftOut) Rephrase the question.")
    }

    package static func refused(_ message: String, sign: CommandSign) -> String {
        "\(sign.completing(message)) \(Self.leftOut)"
    }

    private static var leftOut: String { worded("Later prompts leave this message out.") }

    package static func stopped(sign: CommandSign) -> String {
        worded("Stopped. Type \(sign.command("resume")) to continue.")
    }

    package static func interrupted(sign: CommandSign) -> String {
        worded("Interrupted by a restart of the host. Type \(sign.command("resume")) to continue, or ask again.")
    }

    /// - Parameter asks: Approvals that are still open.
    package static func interrupted(waitingFor asks: [String], sign: CommandSign) -> String {
        let ids = asks.map { "`\($0)`" }.joined(separator: ", ")
        return worded(
            "Interrupted by a restart of the host, and goes on when \(ids) is answered. "
                + "Type \(sign.command("resume")) to continue without waiting for it.")
    }

    /// - Parameter ask: Decided before the restart.
    package static func interrupted(continuingWith ask: String) -> String {
        worded("Interrupted by a restart of the host. It continues once `\(ask)` is answered.")
    }

    /// Instead of what an interrupted answer still had to say: showing it ended the process.
    package static func answerGivenUp(sign: CommandSign) -> String {
        worded(
            "Interrupted: the host ended twice while it was showing this answer, so the rest of it is not shown. "
                + "\(sign.command("export")) sends what is stored.")
    }

    package static var messageGivenUp: String {
        worded(
            "A message here is not answered, because the host ended twice while it was handling it; the host's log names it. "
                + "Write it in another way, or tell an owner.")
    }

    /// The label of the button below such a line.
    package static var resume: String { worded("Continue") }

    package static var droppedWhileWaiting: String { worded("Stopped.") }
    /// A clause, for ``cut(_:sign:)``.
    package static var timedOut: String { worded("the answer took longer than `model.turn_timeout` allows") }
    package static var failedInside: String {
        worded("An internal error ended the answer; the host's log has the reason. Try again.")
    }
    package static var notStored: String {
        worded(
            "The answer could not be stored, so it ended; the host's log has the reason. An owner can check the disk and the "
                + "database with `jetbridge doctor`.")
    }
    package static var threadIsGone: String { worded("This conversation no longer exists. Start a new one.") }

    /// The person's role was taken away or reduced while the turn waited.
    package static func needsRole(_ kind: TurnKind) -> String {
        worded("`\(kind.rawValue)` needs the role \(kind.role.rawValue), which whoever asked for it no longer has.")
    }

    package static func noLongerConfigured(_ kind: TurnKind) -> String {
        worded("This host is no longer configured for `\(kind.rawValue)`. An owner can change the configuration.")
    }

    // MARK: Commands

    /// Replaces the middle of a command's output.
    package static func linesLeftOut(_ count: Int) -> String {
        count == 1 ? worded("… 1 line is left out …") : worded("… \(count) lines are left out …")
    }

    package static var restLeftOut: String { worded("… the rest is left out …") }

    package static var commandStopped: String { worded("Stopped.") }
    /// Instead of an exit line.
    package static let interruptedEnding = "interrupted"

    package static func commandInterrupted(_ text: String) -> String {
        worded(
            "Interrupted by a restart of the host: \(Self.code(text)) was ended, and the next command gets a fresh shell. "
                + "Run it again if you still need it.")
    }

    package static func jobInterrupted(_ job: Job) -> String {
        worded(
            "Interrupted by a restart of the host: job `\(job.id)` (\(Self.code(job.command))) was ended. "
                + "Run it again if you still need it.")
    }

    /// The beginning of a command, as code in Markdown.
    package static func code(_ command: String) -> String {
        let line = command.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let start = String(line.prefix(60)).beginning(bytes: 240)
        let plain = start.replacing("`", with: "'").filter { $0.isASCII ? $0 >= " " : true }
        return "`\(plain)\(plain.utf8.count < command.utf8.count ? "…" : "")`"
    }

    // MARK: Delivery

    /// Precedes a message that may have arrived already.
    package static let repeatMark = "(may be a repeat) "

    package static var wholeAnswer: String { worded("The whole answer") }
    package static var wholeCode: String { worded("The whole code") }
    package static var wholeOutput: String { worded("The whole output") }
    package static func wholeAnswer(at url: String) -> String { "\(Self.wholeAnswer): \(url)" }
    package static func wholeOutput(at url: String) -> String { "\(Self.wholeOutput): \(url)" }

    /// The commands of a line's buttons, for a room without buttons.
    package static func choices(_ buttons: [MessageButton], sign: CommandSign) -> String {
        worded(
            "Type \(buttons.map { "\(sign.command($0.command)) (\($0.label))" }.joined(separator: " \(worded("or")) "))."
        )
    }
}
