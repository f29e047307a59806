/// How a person answers an ask.
enum AskDecision: Sendable, Equatable {
    case approve
    /// All items of an ask for several.
    case approveAll
    /// Always in this thread.
    case always
    case deny(reason: String)
    /// One of a question's options.
    case option(letter: String)

    /// The answer as words of a command, for the networks where it is typed.
    func command(for ask: String) -> String {
        switch self {
        case .approve: "approve \(ask)"
        case .approveAll: "approve \(ask) all"
        case .always: "approve \(ask) always"
        case .deny(let reason): "deny \(ask) \(reason)"
        case .option(let letter): "approve \(ask) \(letter)"
        }
    }
}
