package import Chat
internal import Primitives

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
        case .utc: return "until \(Self.moment(ask.expiresAt))"
        case .local: return "until \(Self.moment(ask.expiresAt)) (in \(span))"
        case .relative: return "closes in \(span)"
        }
    }

    /// The end of a text that says until when the ask is open.
    static func deadline(_ time: Int64) -> String { "open until \(Self.moment(time))." }

    /// The same as a sentence.
    static func openUntil(_ time: Int64) -> String { "O\(Self.deadline(time).dropFirst())" }

    /// The text with its deadline as a network shows it.
    package static func dated(_ text: String, until end: Int64, as times: RoomTraits.Times, at now: Int64) -> String {
        guard times == .relative, let (rest, isSentence) = Self.withoutDeadline(text, end) else { return text }
        return rest + "\(isSentence ? "Closes" : "closes") in \(Self.span(end - now))."
    }

    /// The text of an ask that has ended, without its deadline where that would be shown as the time left.
    package static func undated(_ text: String, until end: Int64, as times: RoomTraits.Times) -> String {
        guard times == .relative, let (rest, isSentence) = Self.withoutDeadline(text, end) else { return text }
        // `Directory …, open until ….` is one sentence.
        return isSentence ? rest.trimmed : String(decoding: rest.utf8.dropLast(2), as: UTF8.self) + "."
    }

    /// The text before the deadline with which it ends, and whether the deadline is a sentence of its own.
    private static func withoutDeadline(_ text: String, _ end: Int64) -> (rest: String, isSentence: Bool)? {
        // The first letter may be large.
        let deadline = Self.deadline(end).utf8.dropFirst()
        let length = deadline.count + 1
        guard text.utf8.count >= length, text.utf8.suffix(deadline.count).elementsEqual(deadline) else { return nil }
        return (
            String(decoding: text.utf8.dropLast(length), as: UTF8.self),
            text.utf8.suffix(length).first == UInt8(ascii: "O")
        )
    }

    /// A time of at least a minute, rounded: `30 minutes`, `5 hours`, `3 days`.
    private static func span(_ milliseconds: Int64) -> String {
        let minutes = max(1, (milliseconds + 59_999) / 60_000)
        if minutes < 120 { return minutes == 1 ? "1 minute" : "\(minutes) minutes" }
        let hours = (minutes + 30) / 60
        return hours < 48 ? "\(hours) hours" : "\((hours + 12) / 24) days"
    }
}
