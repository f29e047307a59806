/// What a ``LoopbackModelServer`` does with a request.
package indirect enum ModelBehavior: Sendable {
    /// A call of a tool.
    package struct Call: Sendable {
        package let name: String
        package let arguments: String

        package init(_ name: String, _ arguments: String) {
            self.name = name
            self.arguments = arguments
        }
    }

    /// A complete answer. `rate` is in chunks per second, nil sends all at once; `firstDelay` comes before the first
    /// chunk.
    case answer(String, rate: Double? = nil, chunkLength: Int = 12, firstDelay: Duration = .zero)
    /// Each piece as soon as the test yields it. The answer ends with the stream, which serves one request.
    case pieces(AsyncStream<String>)
    /// Repeats the user's last message, so that a test can tell answers apart.
    case echo
    /// Reasoning before the answer, in the field `reasoning_content`.
    case reasoning(String, answer: String)
    /// Calls a tool, with its arguments in fragments.
    case toolCall(name: String, arguments: String)
    /// Says something and calls tools, all in one answer.
    case calls(String, [Call])
    /// Chooses the behaviour by the request, for models that serve several conversations at once.
    case chosen(@Sendable (ModelServerRequest) -> ModelBehavior)
    /// An answer that ends with this finish reason: `length`, `content_filter`, …
    case finish(String, reason: String)
    /// An answer without token counts, even if they were requested.
    case withoutUsage(String)
    /// An answer that ends without `[DONE]`.
    case withoutDoneMark(String)
    /// An error in OpenAI's format. `retryAfter` is the header's value.
    case refusal(status: Int, code: String, message: String, retryAfter: String? = nil)
    /// Accepts the request and never answers.
    case silence
    /// Sends the text and then nothing, keeping the connection open.
    case stall(after: String)
    /// Sends the text and closes the connection in the middle of the answer.
    case drop(after: String)
    /// Sends the text and then an error object in the stream.
    case errorInStream(after: String, message: String)
    /// Event-stream lines that are not chat completions.
    case rubbish
    /// A web page with status 200.
    case webPage
    /// One chunk with this many bytes of text.
    case hugeChunk(bytes: Int)
    /// Writes to this field of the answer (`content`, `reasoning_content` or `tool_calls`) until the client disconnects.
    case flood(String)
    /// Each of these lines, unchanged, as the data of one event.
    case events([String])

    /// The behaviours that a client can select by the model's name alone, for tests that only have a configuration
    /// file: `instant`, `instant-vision`, `echo`, `slow` (20 chunks per second), `slow-first-token`, `reasoning`, `tool`,
    /// `length`, `filter`, `no-usage`, `no-done`, `401`, `429`, `429-quota`, `500`, `silence`, `stall`, `drop`,
    /// `error-in-stream`, `rubbish`, `html`, `huge`, `flood`, `flood-reasoning`, `flood-tool`.
    package static let byName: [String: ModelBehavior] = [
        "instant": .answer("This is an instant answer."),
        "instant-vision": .answer("This is an instant answer about a picture."),
        "echo": .echo,
        "slow": .answer(Self.longText, rate: 20),
        "slow-first-token": .answer("This answer took a while.", firstDelay: .seconds(3)),
        "reasoning": .reasoning("Let me think. ", answer: "I have thought."),
        "tool": .toolCall(name: "get_weather", arguments: #"{"place":"Vienna"}"#),
        "length": .finish("This answer is cut by", reason: "length"),
        "filter": .finish("This answer is", reason: "content_filter"),
        "no-usage": .withoutUsage("Nobody counted."),
        "no-done": .withoutDoneMark("No mark follows."),
        "401": .refusal(status: 401, code: "invalid_api_key", message: "Incorrect API key provided."),
        "429": .refusal(
            status: 429, code: "rate_limit_exceeded", message: "Rate limit reached for requests.", retryAfter: "1"),
        "429-quota": .refusal(
            status: 429, code: "insufficient_quota", message: "You exceeded your current quota."),
        "500": .refusal(status: 500, code: "server_error", message: "The server had an error."),
        "silence": .silence,
        "stall": .stall(after: "This answer stops"),
        "drop": .drop(after: "This answer breaks"),
        "error-in-stream": .errorInStream(after: "This answer fails", message: "The engine is overloaded."),
        "rubbish": .rubbish,
        "html": .webPage,
        "huge": .hugeChunk(bytes: 1 << 20),
        "flood": .flood("content"),
        "flood-reasoning": .flood("reasoning_content"),
        "flood-tool": .flood("tool_calls"),
    ]

    /// Some paragraphs with a list, a table and code: about 1600 characters.
    package static let longText: String = {
        let paragraph =
            "A message is stored before the network is told that it has arrived. That is why a restart in the middle of an "
            + "answer loses nothing that anybody wrote. Long answers are split where a paragraph ends."
        let code = "```swift\nfunc greet(_ name: String) -> String {\n    \"Hello, \\(name)!\"\n}\n```"
        let list = "1. One thing\n2. Another thing\n   - with a part"
        let table = "| word | letters |\n|:-----|--------:|\n| moon | 4 |"
        return [paragraph, list, paragraph, code, paragraph, table, paragraph, paragraph, paragraph]
            .joined(separator: "\n\n")
    }()

    /// The text of the answer, however it is sent.
    func text(answering question: String) -> String {
        switch self {
        case .answer(let text, _, _, _), .reasoning(_, let text), .finish(let text, _), .withoutUsage(let text),
            .withoutDoneMark(let text), .stall(let text), .drop(let text), .errorInStream(let text, _),
            .calls(let text, _):
            text
        case .echo: "You said: \(question)"
        case .hugeChunk(let bytes): String(repeating: "x", count: bytes)
        case .pieces, .toolCall, .refusal, .silence, .rubbish, .webPage, .events, .flood, .chosen: ""
        }
    }
}
