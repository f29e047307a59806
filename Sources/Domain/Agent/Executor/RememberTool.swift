internal import JSON
internal import Primitives

/// `remember`: proposes a note. The person keeps or forgets it after the answer; the tool stores nothing.
struct RememberTool: Tool {
    let propose: @Sendable (_ text: String, _ isHere: Bool) async throws -> String?

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let text = VisibleText.line(call.text("text")).trimmed
        return call.intent(text, title: "propose to remember \(text.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let isHere = intent.call.arguments["here"]?.boolValue ?? false
        if let refusal = try await self.propose(intent.subject, isHere) { throw ToolFailure(refusal) }
        return ToolResult(
            .done, text: "Nothing is remembered yet: the person is asked after your answer. Say no more about it.",
            summary: intent.title)
    }
}
