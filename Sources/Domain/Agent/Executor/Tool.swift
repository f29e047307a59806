internal import JSON
internal import Primitives

/// One tool. What it throws as ``ToolFailure`` or ``WorkspaceFailure`` becomes a failed result.
protocol Tool: Sendable {
    func prepare(_ call: CheckedCall) async throws -> ToolIntent
    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult
}

/// Why a call did not work, for the model: what failed, why, and what to do.
struct ToolFailure: Error, Equatable, CustomStringConvertible {
    let text: String

    init(_ text: String) { self.text = text }

    var description: String { self.text }
}

extension CheckedCall {
    func text(_ name: String) -> String { self.arguments[name]?.stringValue ?? "" }

    func isSet(_ name: String) -> Bool { self.arguments[name]?.boolValue == true }

    func number(_ name: String) -> Int? { self.arguments[name]?.intValue }

    /// A call that reads only, or has no effect outside of the turn.
    func intent(_ subject: String, title: String) -> ToolIntent {
        ToolIntent(call: self, subject: subject, directory: "/workspace", title: title)
    }
}

extension String {
    /// For one line in a thread: visible, on one line, cut.
    package func titled(_ limit: Int = 80) -> String {
        // One character may be as long as a call's arguments.
        let start = self.beginning(bytes: 8 * limit)
        let line = VisibleText.line(start)
        let isCut = line.count > limit || start.utf8.count < self.utf8.count
        return isCut ? String(line.prefix(limit - 1)) + "…" : line
    }
}
