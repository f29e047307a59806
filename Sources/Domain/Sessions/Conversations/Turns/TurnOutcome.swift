internal import Chat
internal import Threads

/// How a turn ended.
enum TurnOutcome: Sendable, Equatable {
    case complete
    /// The model broke off; the text so far stays.
    case cut(String)
    /// The content filter broke off: the text so far stays, but neither it nor the question is used again.
    case filtered(String)
    case failed(String)
    /// Failed for the question's content: it is left out of later prompts.
    case refused(String)
    case stopped
    /// The host stopped or crashed.
    case interrupted

    var state: TurnRecord.State {
        switch self {
        case .complete: .complete
        case .cut, .filtered, .interrupted: .interrupted
        case .failed, .refused: .failed
        case .stopped: .stopped
        }
    }

    /// The line that people see next to the answer of `turn`; nil when the answer is complete.
    ///
    /// - Parameter asks: Approvals that stay open after an interruption.
    func note(of turn: TurnRecord, waitingFor asks: [String] = [], sign: CommandSign) -> String? {
        switch self {
        case .stopped where turn.kind.isWork: TurnTexts.commandStopped
        case .interrupted where turn.kind.isWork:
            TurnTexts.commandInterrupted(turn.text.isEmpty ? turn.kind.rawValue : turn.text)
        case .complete: nil
        case .cut(let reason): TurnTexts.cut(reason, sign: sign)
        case .filtered(let reason): TurnTexts.filtered(reason, sign: sign)
        case .failed(let message): sign.completing(message)
        case .refused(let message): TurnTexts.refused(message, sign: sign)
        case .stopped: TurnTexts.stopped(sign: sign)
        case .interrupted where !asks.isEmpty: TurnTexts.interrupted(waitingFor: asks, sign: sign)
        case .interrupted: TurnTexts.interrupted(sign: sign)
        }
    }

    /// Whether asking again would fail again, so that later prompts omit the turn.
    var isLeftOut: Bool {
        switch self {
        case .filtered, .refused: true
        case .complete, .cut, .failed, .stopped, .interrupted: false
        }
    }

    /// The buttons of that line.
    func buttons(of turn: TurnRecord) -> [MessageButton] {
        switch self {
        case _ where turn.kind.isWork: []
        case .complete, .filtered, .failed, .refused: []
        case .cut, .stopped, .interrupted: [Self.resume]
        }
    }

    /// Continues an interrupted answer.
    static let resume = MessageButton(label: TurnTexts.resume, command: CommandName.resume.rawValue, style: .primary)
}
