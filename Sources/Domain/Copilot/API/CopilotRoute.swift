internal import Models

/// The interface of the API that serves a model.
enum CopilotRoute: String, Sendable {
    case chatCompletions = "/chat/completions"
    case responses = "/responses"

    /// The path below the API's address, without a leading slash.
    var path: String { String(self.rawValue.dropFirst()) }

    var format: PreparedRequest.AnswerFormat {
        switch self {
        case .chatCompletions: .chatCompletions
        case .responses: .responses
        }
    }

    /// The route for a model with these `supported_endpoints`, preferring chat completions, which an empty list
    /// implies. Nil if no route matches.
    static func choose(among endpoints: [String]) -> CopilotRoute? {
        if endpoints.isEmpty || endpoints.contains(Self.chatCompletions.rawValue) { return .chatCompletions }
        return endpoints.contains(Self.responses.rawValue) ? .responses : nil
    }
}
