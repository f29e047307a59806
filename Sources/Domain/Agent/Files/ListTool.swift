internal import Git
internal import Models
internal import Work

/// `list`: files and folders, a few levels deep.
struct ListTool: Tool {
    let files: any WorkspaceFiles

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let path = try WorkspacePath.of(call.text("path"))
        return call.intent(path.isEmpty ? "/workspace" : path, title: "list \(path.isEmpty ? "." : path.titled())")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let path = try WorkspacePath.of(intent.call.text("path"))
        let depth = min(intent.call.number("depth") ?? 1, ToolLimits.listDepth)
        let found = try await self.files.walk(
            WorkspaceWalk(path, depth: depth, limit: ToolLimits.listEntries, isWhole: true))
        guard !found.entries.isEmpty else { return ToolResult(.done, text: "Nothing is there.", summary: intent.title) }
        let lines = found.entries.map { entry in
            switch entry.kind {
            case .folder: "\(entry.path)/"
            case .file: "\(entry.path)\t\(entry.size ?? 0) bytes"
            case .link: "\(entry.path)\tsymbolic link"
            case .other: "\(entry.path)\tpipe, socket or device"
            }
        }
        var text = DataBlock.of(lines.joined(separator: "\n"), from: path.isEmpty ? "/workspace" : path)
        if found.isCut { text += "\nOnly the first \(ToolLimits.listEntries) are shown: list a folder of it." }
        return ToolResult(
            .done, text: text, summary: "\(intent.title), \(found.entries.count) entries", isMarked: true)
    }
}
