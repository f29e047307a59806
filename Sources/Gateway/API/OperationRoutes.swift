internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Sessions

/// What can be done with an operation.
struct OperationRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .post, pattern: "/api/v1/operations/{id}/stop", operation: "stopOperation",
                summary:
                    "Stops a running operation of the web chat, or removes a queued one from the queue. Its text so far "
                    + "stays. An ended operation is not changed.",
                access: .scopes([.chat], from: .guest), bodyLimit: 4096,
                answers: [
                    .init(status: .accepted, description: "The operation, ended or about to end.", schema: "Operation"),
                    .init(
                        status: .forbidden,
                        description: "It belongs to another network, or someone with a higher role started it.",
                        schema: "Problem"),
                    .init(status: .notFound, description: "No such operation.", schema: "Problem"),
                ], handle: { try await self.stop($0) })
        ]
    }

    private func stop(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let id = request.parameter("id")
        let found = try await self.context.store.read { ledger -> (SessionRecord, TurnRecord)? in
            guard let turn = try ledger.turn(id: id), let session = try ledger.session(id: turn.session) else {
                return nil
            }
            return (session, turn)
        }
        guard let (session, turn) = found, principal.maySee(session) else { throw Problems.missing("operation") }
        guard session.key.adapter == WebAdapter.adapterID else {
            throw HTTPProblem(
                .forbidden,
                "This operation belongs to \(session.key.adapter). Stop it there, so that people there know why it ended."
            )
        }
        guard turn.sender.id == principal.identity || self.role(of: turn.sender) <= principal.role else {
            throw HTTPProblem(
                .forbidden, "Someone with a higher role started this; only they and people with that role can stop it.")
        }
        if turn.state == .running || turn.state == .queued {
            try await self.context.bridge.stop(id, in: session.key, by: principal.sender)
            request.logger.info("stopped from the page", ["operation": .string(id)])
        }
        let pages = self.context.environment.settings.pages
        let document = try await self.context.store.read { ledger in
            try OperationDocument(turn: try ledger.turn(id: id) ?? turn, in: ledger).json(pages: pages)
        }
        return .json(document, .accepted)
    }

    /// The lowest role, for a person whose access has ended.
    private func role(of sender: Sender) -> Role { self.context.bridge.access.role(of: sender) ?? .guest }
}
