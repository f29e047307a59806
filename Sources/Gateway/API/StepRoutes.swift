internal import Chat
internal import HTTP
internal import Threads

/// The steps of turns with tools.
struct StepRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads/{id}/steps", "listSteps",
            "The tool calls of an operation, oldest first: by default of the thread's newest one with any.",
            // Their events, of up to 8 MiB, are read before what is shown of them is cut.
            .reading(from: .member), query: API.StepQuery.self, answerMemory: APIRoute.anyMemory,
            success: (.ok, "The calls."), [.notFound("No such thread or operation.")]
        ) { try await Self(context: $0).steps($1) }
    ]

    private func steps(_ call: APICall<API.StepQuery, API.Nothing>) async throws -> API.StepPage {
        let wanted = call.query.operation
        let found = try await self.context.read(call.id, for: call.person()) { ledger, session -> TurnRecord? in
            guard let wanted else { return try ledger.lastTurnWithSteps(of: session.id) }
            return try ledger.turn(id: wanted).flatMap { $0.session == session.id ? $0 : nil }
        }
        guard let turn = found else {
            guard wanted == nil else { throw Problems.missing("operation") }
            return API.StepPage(TurnStepPage(), of: nil, isOpen: false)
        }
        await self.context.noteRead(of: call.id, by: try call.person(), call.logger)
        let page = try await self.context.settings.steps(turn.work, call.query.after ?? 0)
        return API.StepPage(page, of: turn.id, isOpen: turn.state == .running || turn.state == .queued)
    }
}

extension API.StepPage {
    init(_ page: TurnStepPage, of operation: String?, isOpen: Bool) {
        self.init(
            operationID: operation, items: page.steps.map { API.Step($0, isOpen: isOpen) }, position: page.position,
            isCut: page.isCut, nextCursor: nil)
    }
}

extension API.Step {
    init(_ step: TurnStep, isOpen: Bool) {
        // Steps that were running or waiting when the operation ended have no end time.
        let isLeft = !isOpen && (step.state == .running || step.state == .waiting)
        self.init(
            id: step.id, tool: step.tool, title: step.title, state: isLeft ? .interrupted : step.state,
            decision: step.decision, input: step.input?.map { API.StepInput(name: $0.name, text: $0.text) },
            output: step.output, summary: step.summary, hasChanges: step.hasChanges, startedMs: step.startedAt,
            endedMs: step.endedAt)
    }
}
