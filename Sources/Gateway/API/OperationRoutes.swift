internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Sessions
internal import Store
internal import Threads

/// Operations: their state, and stopping them.
struct OperationRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/operations/{id}", "getOperation", "One operation: its state, its error, its commits.",
            .watching(from: .guest), success: (.ok, "The operation."), [.notFound("No such operation.")]
        ) { try await Self(context: $0).show($1) },
        APIRoute(
            .post, "/api/v1/operations/{id}/stop", "stopOperation",
            "Stops a running operation of the web chat, or removes a queued one from the queue. Its text so far stays. "
                + "An ended operation is not changed.", .scopes([.chat, .run], from: .guest),
            success: (.accepted, "The operation, ended or about to end."),
            [
                .forbidden("It belongs to another network, or someone with a higher role started it."),
                .notFound("No such operation."),
            ]
        ) { try await Self(context: $0).stop($1) },
    ]

    private func show(_ call: PlainCall) async throws -> API.Operation {
        let principal = try call.person()
        let (id, pages) = (call.id, self.context.environment.settings.pages)
        let now = self.context.now()
        let operation = try await self.context.store.read { ledger -> API.Operation? in
            guard let turn = try ledger.turn(id: id),
                try ledger.session(id: turn.session, for: principal.visitor, to: .read, at: now) != nil
            else { return nil }
            return try API.Operation(turn, in: ledger, pages: pages)
        }
        guard let operation else { throw Problems.missing("operation") }
        return await self.context.current([operation])[0]
    }

    private func stop(_ call: PlainCall) async throws -> API.Operation {
        let principal = try call.person()
        let id = call.id
        let turn = try await self.context.store.read { ledger in try ledger.turn(id: id) }
        guard let turn else { throw Problems.missing("operation") }
        let session = try await self.context.session(turn.session, for: principal, to: .join, naming: "operation")
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
        // What follows a job is complete from the start.
        let isFollowing = await self.context.bridge.hub.isOpen(id)
        if turn.state == .running || turn.state == .queued || isFollowing {
            try await self.context.bridge.stop(id, in: session.key, by: principal.sender)
            call.logger.info("stopped from the page", ["operation": .string(id)])
        }
        let pages = self.context.environment.settings.pages
        return try await self.context.store.read { ledger in
            try API.Operation(try ledger.turn(id: id) ?? turn, in: ledger, pages: pages)
        }
    }

    /// The lowest role, for a person whose access has ended.
    private func role(of sender: Sender) -> Role { self.context.bridge.access.role(of: sender) ?? .guest }
}
