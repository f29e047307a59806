internal import Chat
internal import EventLoop

/// The state of a running turn, which belongs to its conversation. A class: as a structure of two kilobytes, every
/// function that looked at it while it waits kept a copy.
final class RunningTurn {
    /// Why it was ended early.
    enum Cut: Sendable { case stopped, timedOut, shutdown }

    let turn: TurnRecord
    /// Nil when the turn was stored before it began.
    var admission: Admission?
    let startedAt: ContinuousClock.Instant
    var poster: AnswerPoster
    /// The answer so far, UTF-8.
    var answer: [UInt8] = []
    /// Where questions and commits divide the growing answer.
    var divisions = AnswerDivisions()
    var cut: Cut?
    var task: Task<Void, Never>?
    /// Whether it has got its place among the host's turns.
    var hasPlace = false
    /// Ends the turn when its time is up; nil while it waits for people.
    var watchdog: Alarm?
    /// Its whole time.
    var time = Duration.zero
    /// What was left of its time at ``countsSince``.
    var timeLeft = Duration.zero
    var countsSince = ContinuousClock.now
    /// Asks that it waits for.
    var holds = 0
    /// It waited for people when the host stopped: the next start begins it again.
    var isSuspended = false
    /// Who stopped it.
    var stopper: Sender?
    /// Usage and summary, stored with the turn's end.
    var usage: [(model: String, input: Int, output: Int)] = []
    var summary: HistorySummary?
    var hasFirstText = false
    /// Its work with tools so far.
    var steps: TurnSteps?
    /// What the model has thought so far.
    var thoughts = Thoughts()
    /// The question that ends it.
    var asking: AskWriting?
    /// What a command has written so far.
    var output = OutputComposer()

    init(turn: TurnRecord, admission: Admission?, startedAt: ContinuousClock.Instant, poster: AnswerPoster) {
        self.turn = turn
        self.admission = admission
        self.startedAt = startedAt
        self.poster = poster
    }

    var text: String { String(decoding: self.answer, as: UTF8.self) }
}

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
        case .stopped where CommandName.isWork(turn.kind): TurnTexts.commandStopped
        case .interrupted where CommandName.isWork(turn.kind):
            TurnTexts.commandInterrupted(turn.text.isEmpty ? turn.kind : turn.text)
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
        case _ where CommandName.isWork(turn.kind): []
        case .complete, .filtered, .failed, .refused: []
        case .cut, .stopped, .interrupted: [Self.resume]
        }
    }

    /// Continues an interrupted answer.
    static let resume = MessageButton(label: TurnTexts.resume, command: CommandName.resume.rawValue, style: .primary)
}
