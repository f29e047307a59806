internal import JSON
internal import Primitives

/// `tasks`: the list that people see.
struct TasksTool: Tool {
    let report: @Sendable ([PlanTask]) async throws -> Void

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let tasks = Self.tasks(of: call)
        return call.intent("\(tasks.count) tasks", title: Self.title(tasks))
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let tasks = Self.tasks(of: intent.call)
        try await self.report(tasks)
        return ToolResult(.done, text: "The list has \(tasks.count) tasks.", summary: Self.title(tasks))
    }

    private static func tasks(of call: CheckedCall) -> [PlanTask] {
        (call.arguments["tasks"]?.arrayValue ?? []).prefix(ToolLimits.tasks).map { task in
            PlanTask(
                text: VisibleText.line(task["text"]?.stringValue ?? ""),
                state: PlanTask.State(rawValue: task["state"]?.stringValue ?? "") ?? .open)
        }
    }

    private static func title(_ tasks: [PlanTask]) -> String {
        let now = tasks.first { $0.state == .doing }.map { ": \($0.text.titled())" } ?? ""
        return "tasks \(tasks.count { $0.state == .done }) of \(tasks.count)\(now)"
    }
}
