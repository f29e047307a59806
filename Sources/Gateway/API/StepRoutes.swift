internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

/// The steps of turns with tools.
struct StepRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/threads/{id}/steps", operation: "listSteps",
                summary:
                    "The tool calls of an operation, oldest first: by default of the thread's newest one with any.",
                access: .scopes([.chat, .read], from: .member),
                parameters: [
                    .init(name: "operation", place: .query, description: "Of this operation of the thread."),
                    .init(
                        name: "after", place: .query,
                        description: "Only what is new since an answer with this `position`. Members that are null "
                            + "have not changed since.",
                        schema: ["type": "integer", "default": 0, "minimum": 0, "maximum": .integer(.max)]),
                ],
                answerMemory: APIRoute.pageMemory,
                answers: [
                    .init(status: .ok, description: "The calls.", schema: "StepPage"),
                    .init(status: .notFound, description: "No such thread or operation.", schema: "Problem"),
                ], handle: { try await self.steps($0) })
        ]
    }

    private func steps(_ request: APIRequest) async throws -> HTTPServerResponse {
        let session = try await self.context.session(request.parameter("id"), for: request.person())
        let wanted = request.http.query["operation"]
        guard let after = Int(request.http.query["after"] ?? "0"), after >= 0 else {
            throw HTTPProblem(.badRequest, "`after` must be a `position` of an answer before.")
        }
        let found = try await self.context.store.read { ledger -> TurnRecord? in
            guard let wanted else { return try ledger.lastTurnWithSteps(of: session.id) }
            return try ledger.turn(id: wanted)
        }
        guard let turn = found, turn.session == session.id else {
            guard wanted == nil else { throw Problems.missing("operation") }
            return .json(Self.document(TurnStepPage(), of: nil, isOpen: false))
        }
        let page = try await self.context.settings.steps(turn.work, after)
        return .json(Self.document(page, of: turn.id, isOpen: turn.state == .running || turn.state == .queued))
    }

    private static func document(_ page: TurnStepPage, of operation: String?, isOpen: Bool) -> JSON {
        [
            "operation_id": operation.map { .string($0) } ?? .null,
            "items": .array(page.steps.map { Self.document($0, isOpen: isOpen) }), "position": JSON(page.position),
            "is_cut": .bool(page.isCut), "next_cursor": .null,
        ]
    }

    private static func document(_ step: TurnStep, isOpen: Bool) -> JSON {
        // Steps that were running or waiting when the operation ended have no end time.
        let isLeft = !isOpen && (step.state == .running || step.state == .waiting)
        let state = isLeft ? TurnStep.State.interrupted : step.state
        let input = step.input.map { inputs in
            JSON.array(inputs.map { ["name": .string($0.name), "text": .string($0.text)] })
        }
        return [
            "id": .string(step.id), "tool": Self.text(step.tool), "title": Self.text(step.title),
            "state": Self.text(state?.rawValue), "decision": Self.text(step.decision), "input": input ?? .null,
            "output": Self.text(step.output), "summary": Self.text(step.summary),
            "has_changes": step.hasChanges.map { .bool($0) } ?? .null,
            "started_ms": step.startedAt.map { JSON($0) } ?? .null, "ended_ms": step.endedAt.map { JSON($0) } ?? .null,
        ]
    }

    private static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
}
