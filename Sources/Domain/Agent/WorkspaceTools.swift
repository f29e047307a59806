internal import Chat
internal import Primitives
package import Work

/// Carries out the calls of one turn. The files are those that the jail sees; no path leads out of the workspace.
package final class WorkspaceTools: ToolExecutor {
    private let state: TurnState
    private let tools: [String: any Tool]
    private let commit: CommitTool?

    /// - Parameters:
    ///   - ledger: What the model has read in the session before this turn.
    ///   - seams: What the tools need beside the files.
    package init(files: any WorkspaceFiles, ledger: ReadLedger = ReadLedger(), seams: ToolSeams = ToolSeams()) {
        let state = TurnState(ledger, willChange: seams.willChange)
        let edit = EditTool(files: files, state: state)
        let commit = seams.desk.map { CommitTool(desk: $0) }
        var tools: [String: any Tool] = [
            "read": ReadTool(files: files, state: state), "list": ListTool(files: files),
            "edit": edit, "patch": edit, "write": edit, "tasks": TasksTool(report: seams.plan),
        ]
        if let read = seams.read { tools[ToolCatalog.fileSearch] = SearchTool(files: files, read: read) }
        if let web = seams.web { tools[ToolCatalog.webSearch] = WebSearchTool(web: web) }
        if let question = seams.question { tools["ask_user"] = AskTool(question: question) }
        if let propose = seams.remember { tools["remember"] = RememberTool(propose: propose) }
        if let skill = seams.skill { tools["skill"] = SkillTool(text: skill) }
        if let desk = seams.desk {
            tools["shell"] = ShellTool(desk: desk, state: state)
            tools["commit"] = commit
            tools["fetch"] = FetchTool(desk: desk)
        }
        self.state = state
        self.tools = tools
        self.commit = commit
    }

    /// What the model has read until now, for the session's next turn.
    package var ledger: ReadLedger { self.state.ledger }

    package func forgetReads() async { self.state.forgetReads() }

    package func prepare(_ call: CheckedCall) async throws -> PreparedCall {
        try await self.settling {
            .intent(try await self.tool(of: call).prepare(call))
        } failure: {
            .failed(Self.failed($0, call.tool.name))
        }
    }

    package func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        try await self.settling {
            let tool = try self.tool(of: intent.call)
            guard approval.mayRun else {
                return ToolResult(.denied, text: "The call was not run: nobody allowed it.", summary: intent.title)
            }
            return try await tool.perform(intent, approval)
        } failure: {
            Self.failed($0, intent.title)
        }
    }

    private func tool(of call: CheckedCall) throws(ToolFailure) -> any Tool {
        guard let tool = self.tools[call.tool.name] else {
            throw ToolFailure("\(call.tool.name) is not possible here.")
        }
        return tool
    }

    package func commits(madeBy call: String) async throws -> ToolIntent? {
        try await self.commit?.intent(ofCommitsMadeBy: call)
    }

    private static func failed(_ error: any Error, _ title: String) -> ToolResult {
        let text =
            switch error {
            case let failure as ToolFailure: failure.text
            case let failure as WorkspaceFailure: VisibleText.of(failure.message)
            case let failure as TurnFailure: VisibleText.of(failure.message)
            default: "\(error)"
            }
        return ToolResult(.failed, text: text, summary: "\(title): failed")
    }
}
