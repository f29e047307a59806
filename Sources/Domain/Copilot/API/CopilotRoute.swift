/// Where a model is asked.
enum CopilotRoute: String, Sendable {
    case chatCompletions = "/chat/completions"
    case responses = "/responses"

    /// The path below the API's address, without its slash.
    var path: String { String(self.rawValue.dropFirst()) }

    var format: AnswerFormat {
        switch self {
        case .chatCompletions: .chatCompletions
        case .responses: .responses
        }
    }

    /// What suits a model that offers `endpoints`: chat completions where it can be, which is also what no list at all
    /// means. Nil when it offers only what is not spoken here.
    static func choose(among endpoints: [String]) -> CopilotRoute? {
        if endpoints.isEmpty || endpoints.contains(Self.chatCompletions.rawValue) { return .chatCompletions }
        return endpoints.contains(Self.responses.rawValue) ? .responses : nil
    }
}
