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
        if let read = seams.read { tools["search"] = SearchTool(files: files, read: read) }
        if let question = seams.question { tools["ask_user"] = AskTool(question: question) }
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
        guard let tool = self.tools[call.tool.name] else {
            return .failed(Self.failed("\(call.tool.name) is not possible here.", call.tool.name))
        }
        do {
            return .intent(try await tool.prepare(call))
        } catch let error as CancellationError {
            throw error
        } catch {
            return .failed(Self.failed(Self.text(of: error), call.tool.name))
        }
    }

    package func perform(_ intent: ToolIntent, approval: GateDecision) async throws -> ToolResult {
        guard let tool = self.tools[intent.call.tool.name] else {
            return Self.failed("\(intent.call.tool.name) is not possible here.", intent.title)
        }
        guard approval.mayRun else {
            return ToolResult(.denied, text: "The call was not run: nobody allowed it.", summary: intent.title)
        }
        do {
            return try await tool.perform(intent, approval)
        } catch let error as CancellationError {
            throw error
        } catch {
            return Self.failed(Self.text(of: error), intent.title)
        }
    }

    package func commits(madeBy call: String) async throws -> ToolIntent? {
        try await self.commit?.intent(ofCommitsMadeBy: call)
    }

    private static func failed(_ text: String, _ title: String) -> ToolResult {
        ToolResult(.failed, text: text, summary: "\(title): failed")
    }

    private static func text(of error: any Error) -> String {
        switch error {
        case let failure as ToolFailure: failure.text
        case let failure as WorkspaceFailure: VisibleText.of(failure.message)
        case let failure as TurnFailure: VisibleText.of(failure.message)
        default: "\(error)"
        }
    }
}
