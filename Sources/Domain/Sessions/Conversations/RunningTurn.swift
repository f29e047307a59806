internal import Chat
internal import EventLoop

/// A turn while it runs.
struct RunningTurn {
    /// Why it was ended from outside.
    enum Cut: Sendable { case stopped, timedOut, shutdown }

    let turn: TurnRecord
    /// Nil when the turn was stored earlier than it was begun.
    var admission: Admission?
    let startedAt: ContinuousClock.Instant
    var poster: AnswerPoster
    /// The answer so far, UTF-8.
    var answer: [UInt8] = []
    var cut: Cut?
    var task: Task<Void, Never>?
    var watchdog: Alarm?
    /// Usage and summary, stored with the turn's end.
    var usage: [(model: String, input: Int, output: Int)] = []
    var summary: HistorySummary?
    var hasFirstText = false

    var text: String { String(decoding: self.answer, as: UTF8.self) }
}

/// How a turn came to its end.
enum TurnOutcome: Sendable, Equatable {
    case complete
    /// The model broke off; what came stays.
    case cut(String)
    case failed(String)
    case stopped
    /// The host is going down, or went down.
    case interrupted

    var state: TurnRecord.State {
        switch self {
        case .complete: .complete
        case .cut, .interrupted: .interrupted
        case .failed: .failed
        case .stopped: .stopped
        }
    }

    /// The line that people see, beside the answer; nil when the answer says it all.
    func note(sign: String) -> String? {
        switch self {
        case .complete: nil
        case .cut(let reason): "Cut off: \(reason). Type `\(sign)resume` to go on."
        case .failed(let message): message
        case .stopped: "Stopped. Type `\(sign)resume` to go on."
        case .interrupted: "Interrupted by a restart of the host. Type `\(sign)resume` to go on, or ask again."
        }
    }

    /// What can be chosen at that line.
    var buttons: [MessageButton] {
        switch self {
        case .complete, .failed: []
        case .cut, .stopped, .interrupted: [Self.goOn]
        }
    }

    /// Goes on with a cut answer.
    static let goOn = MessageButton(label: "Go on", command: CommandName.resume.rawValue, style: .primary)
}
