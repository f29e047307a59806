internal import JSON
internal import Primitives

/// `skill`: the instructions for a kind of work, as people have written them down.
struct SkillTool: Tool {
    let text: @Sendable (_ name: String, _ file: String?) async throws -> String?

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let name = VisibleText.line(call.text("name"))
        return call.intent(name, title: "skill \(name.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let (name, file) = (intent.call.text("name"), intent.call.arguments["file"]?.stringValue)
        guard let text = try await self.text(name, file) else {
            throw ToolFailure(
                file.map { "The skill \(name) has no file \($0)." }
                    ?? "No skill is called \(name): the notes at the beginning list them.")
        }
        return ToolResult(.done, text: text, summary: intent.title, isMarked: true)
    }
}
