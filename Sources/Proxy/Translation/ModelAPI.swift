/// The form in which a program asks a model.
enum ModelAPI: String, Sendable, CaseIterable {
    /// OpenAI's chat completions.
    case chat
    /// OpenAI's responses.
    case responses
    /// Anthropic's messages.
    case messages

    /// - Parameter path: Of the request, without query, with or without `/v1`. Paths below these, such as
    ///   `/v1/messages/count_tokens`, belong to none of the forms.
    init?(path: Substring) {
        let path = path.hasPrefix("/v1/") ? path.dropFirst(3) : path
        guard let api = Self.allCases.first(where: { $0.path == path }) else { return nil }
        self = api
    }

    /// Without `/v1`.
    var path: String {
        switch self {
        case .chat: "/chat/completions"
        case .responses: "/responses"
        case .messages: "/messages"
        }
    }
}
