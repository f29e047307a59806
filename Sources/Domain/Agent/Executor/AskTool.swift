internal import JSON
internal import Primitives

/// `ask_user`: a question to people.
struct AskTool: Tool {
    let question: @Sendable (_ question: String, _ options: [String]) async throws -> String

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let question = VisibleText.of(call.text("question"))
        return call.intent(question, title: "ask \(question.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let options = (intent.call.arguments["options"]?.arrayValue ?? []).compactMap(\.stringValue)
        let answer = try await self.question(
            intent.subject, options.prefix(ToolLimits.questionOptions).map { VisibleText.line($0) })
        return ToolResult(.done, text: "The answer: \(answer)", summary: intent.title)
    }
}
