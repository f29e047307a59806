package import Chat
internal import Primitives
internal import Words

/// When asks end and were decided.
extension AskTexts {
    static func moment(_ time: Int64) -> String {
        let time = CivilTime(milliseconds: time)
        return "\(time.date) \(time.clock) UTC"
    }

    /// `, 14:02 UTC`, in full where the network shows it by each reader's clock, or if it was not the day of the question.
    static func time(ofDecision ask: AskRecord, _ times: RoomTraits.Times?) -> String {
        guard let times, let time = ask.decidedAt else { return "" }
        let moment = CivilTime(milliseconds: time)
        let isWhole = times == .local || moment.date != CivilTime(milliseconds: ask.createdAt).date
        return isWhole ? ", \(Self.moment(time))" : ", \(moment.clock.prefix(5)) UTC"
    }

    /// Until when an ask is open, inside a text. Not everywhere where times are each reader's can such a text show them.
    static func end(of ask: AskRecord, as times: RoomTraits.Times, at now: Int64) -> String {
        let span = Self.span(ask.expiresAt - now)
        switch times {
        case .utc: return worded("until \(Self.moment(ask.expiresAt))")
        case .local: return worded("until \(Self.moment(ask.expiresAt)) (in \(span))")
        case .relative: return worded("closes in \(span)")
        }
    }

    /// The end of a text that says until when the ask is open.
    static func deadline(_ time: Int64) -> String { worded("open until \(Self.moment(time)).") }

    /// The same as a sentence.
    static func openUntil(_ time: Int64) -> String { worded("Open until \(Self.moment(time)).") }

    /// The text with its deadline as a network shows it.
    package static func dated(_ text: String, until end: Int64, as times: RoomTraits.Times, at now: Int64) -> String {
        guard times == .relative, let (rest, isSentence) = Self.withoutDeadline(text, end) else { return text }
        let span = Self.span(end - now)
        return rest + (isSentence ? worded("Closes in \(span).") : worded("closes in \(span)."))
    }

    /// The text of an ask that has ended, without its deadline where that would be shown as the time left.
    package static func undated(_ text: String, until end: Int64, as times: RoomTraits.Times) -> String {
        guard times == .relative, let (rest, isSentence) = Self.withoutDeadline(text, end) else { return text }
        // `Directory …, open until ….` is one sentence.
        return isSentence ? rest.trimmed : String(decoding: rest.utf8.dropLast(2), as: UTF8.self) + "."
    }

    /// The text before the deadline with which it ends, and whether the deadline is a sentence of its own.
    private static func withoutDeadline(_ text: String, _ end: Int64) -> (rest: String, isSentence: Bool)? {
        // Whoever asked may read another language.
        for language in Language.allCases {
            let (sentence, clause) = Language.$current.withValue(language) { (Self.openUntil(end), Self.deadline(end)) }
            for words in [sentence, clause] where text.utf8.suffix(words.utf8.count).elementsEqual(words.utf8) {
                return (String(decoding: text.utf8.dropLast(words.utf8.count), as: UTF8.self), words == sentence)
            }
        }
        return nil
    }

    /// A time of at least a minute, rounded: `30 minutes`, `5 hours`, `3 days`.
    private static func span(_ milliseconds: Int64) -> String {
        let minutes = max(1, (milliseconds + 59_999) / 60_000)
        if minutes < 120 { return minutes == 1 ? worded("1 minute") : worded("\(minutes) minutes") }
        let hours = (minutes + 30) / 60
        return hours < 48 ? worded("\(hours) hours") : worded("\((hours + 12) / 24) days")
    }
}
