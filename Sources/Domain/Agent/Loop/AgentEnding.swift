internal import Models

/// Why a turn with tools ended.
package enum AgentEnding: Sendable, Equatable {
    /// The model's last answer calls no tool.
    case answered
    /// `agent.max_steps`.
    case steps(Int)
    /// `agent.max_tokens`.
    case tokens(Int)
    /// `agent.max_time`, in seconds.
    case time(Int)
    /// The same calls came again and again with the same results.
    case repeated(tool: String)
    /// A tool failed again and again.
    case failures(tool: String)
    /// Calls of a kind were refused again.
    case denied(ToolDefinition.Kind)
    /// The work no longer fits into the model's input limit.
    case full
    /// A restart of the host interrupted it after it had changed something.
    case interrupted
    /// The model broke off; a clause.
    case cut(String)
    /// The content filter broke off.
    case filtered
    /// There is no answer; one line for people.
    case failed(String, isAboutContent: Bool)

    /// A clause for people, without a full stop; nil when the turn did not end early.
    package var reason: String? {
        switch self {
        case .answered: nil
        case .steps(let limit): "the work took \(limit) steps, as many as `agent.max_steps` allows"
        case .tokens(let limit): "the work used \(limit) tokens, as many as `agent.max_tokens` allows"
        case .time(let limit): "the work took \(Duration.seconds(limit).inWords), as long as `agent.max_time` allows"
        case .repeated(let tool):
            "the model repeated the same calls of \(tool) with the same results, without progress"
        case .failures(let tool): "\(tool) failed \(AgentStateMachine.maximumFailures) times in a row"
        case .denied(let kind): "\(kind.words) was refused twice"
        case .full: "the work no longer fits into the model's input limit"
        case .interrupted:
            "a restart of the host interrupted the work; what was done so far is kept, and the last command may have "
                + "run in part"
        case .cut(let reason): reason
        case .filtered: "the content filter stopped it"
        case .failed(let message, _): message
        }
    }
}

extension ToolDefinition.Kind {
    /// What people call it: ``a command was refused twice``.
    fileprivate var words: String {
        switch self {
        case .read: "reading a file"
        case .edit: "a change of files"
        case .execute: "a command"
        case .fetch: "a network access"
        case .commit: "a commit"
        case .ask: "a question"
        case .plan: "a list of tasks"
        case .extension: "a call of an extension"
        }
    }
}
