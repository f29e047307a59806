package import Chat
package import Threads

/// Which messages of one person are one turn. Pure.
///
/// People write a thought as several messages, and what waits together is asked together.
package enum JoinRules {
    /// The maximum number of messages in a turn, and of their bytes.
    package static let (partLimit, byteLimit) = (20, 256 << 10)
    /// How often a turn begins anew with more of its question, and until when after it was asked, in milliseconds.
    package static let (renewalLimit, renewalTime) = (5, Int64(10_000))

    /// Whether `message` may be asked together with `turn`: a question of the same person in the same place, which continues
    /// no other turn and answers no question.
    package static func mayJoin(_ message: InboundMessage, _ turn: TurnRecord) -> Bool {
        turn.kind == .chat && turn.work == turn.id && turn.ask == nil && turn.message != nil
            && turn.sender.id == message.sender.id && turn.route.room == message.route.room
            && turn.route.anchor == message.route.anchor
    }

    /// Whether a turn of which nothing was seen yet may begin anew.
    package static func mayBeginAnew(askedAt: Int64, times: Int, at now: Int64) -> Bool {
        times < Self.renewalLimit && now - askedAt <= Self.renewalTime
    }

    /// Whether a turn may have all of its messages.
    ///
    /// - Parameters:
    ///   - fileLimit: of one question; more files are not read.
    ///   - refusal: why a text is too long.
    package static func mayBe(_ turn: TurnRecord, fileLimit: Int, refusal: (String) -> String?) -> Bool {
        turn.parts.count <= Self.partLimit && turn.text.utf8.count <= Self.byteLimit
            && turn.attachments.count <= fileLimit && refusal(turn.text) == nil
    }
}
