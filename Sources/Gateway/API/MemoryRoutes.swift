internal import Chat
internal import HTTP
internal import HTTPServer
internal import Memory
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// What prompts have of what people wanted remembered.
struct MemoryRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/memory", "listMemory",
            "What is remembered for you, and for members what is remembered for each repository.",
            .reading(from: .guest), success: (.ok, "The notes, your own first.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .post, "/api/v1/memory", "remember",
            "Keeps a note for all your prompts, or for those of a repository's members.", .writing,
            body: API.NewMemoryNote.self, success: (.created, "The note; an equal one that was kept before."),
            [.notFound("No such repository.")]
        ) { try await Self(context: $0).remember($1) },
        APIRoute(
            .patch, "/api/v1/memory/{id}", "changeMemory", "Changes the text of a note.", .writing,
            body: API.MemoryChange.self, success: (.ok, "The changed note."), [.notFound("No such note.")]
        ) { try await Self(context: $0).change($1) },
        APIRoute(
            .delete, "/api/v1/memory/{id}", "forget", "Erases a note.", .writing,
            answers: [.empty("Erased."), .notFound("No such note.")]
        ) { try await Self(context: $0).forget($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.List<API.MemoryNote> {
        API.List(items: try await self.desk(of: try call.person()).all().map { API.MemoryNote($0) })
    }

    private func remember(_ call: APICall<API.Nothing, API.NewMemoryNote>) async throws -> API.MemoryNote {
        let (person, repository) = (try call.person(), call.body.repository)
        if let repository, !self.context.bridge.environment.settings.repositories.contains(repository) {
            throw Problems.missing("repository")
        }
        return try await Self.answering {
            try await self.desk(of: person, repository: repository)
                .remember(call.body.text, isHere: repository != nil, at: self.context.now())
        }
    }

    private func change(_ call: APICall<API.Nothing, API.MemoryChange>) async throws -> API.MemoryNote {
        let desk = self.desk(of: try call.person())
        return try await Self.answering { try await desk.change(call.id, to: call.body.text) }
    }

    private func forget(_ call: PlainCall) async throws -> HTTPServerResponse {
        let desk = self.desk(of: try call.person())
        _ = try await Self.answering { try await desk.forget(call.id) }
        return HTTPServerResponse(.noContent)
    }

    private func desk(of principal: Principal, repository: String? = nil) -> MemoryDesk {
        MemoryDesk(
            store: self.context.store, person: principal.sender, role: principal.role, repository: repository)
    }

    private static func answering(_ body: () async throws -> MemoryNote) async throws -> API.MemoryNote {
        do { return API.MemoryNote(try await body()) } catch let refusal as MemoryRefusal {
            if refusal.isUnknown { throw Problems.missing("note") }
            throw HTTPProblem(HTTPStatus(422), refusal.description)
        }
    }
}
