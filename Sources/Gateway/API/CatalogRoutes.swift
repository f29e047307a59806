internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// Operations, and the contents of the chat commands `models`, `usage`, `status`, `repo` and `help`.
struct CatalogRoutes: Sendable {
    let context: GatewayContext

    private static func reading(from role: Role) -> APIRoute.Access { .scopes([.chat, .read], from: role) }

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/operations/{id}", operation: "getOperation",
                summary: "One operation: its state, its error, its commits.", access: Self.reading(from: .guest),
                answers: [
                    .init(status: .ok, description: "The operation.", schema: "Operation"),
                    .init(status: .notFound, description: "No such operation.", schema: "Problem"),
                ], handle: { try await self.operation($0) }),
            self.listing("models", "ModelPage", "The models that a thread can choose.", from: .guest) { _ in
                try await self.models()
            },
            APIRoute(
                method: .get, pattern: "/api/v1/usage", operation: "usage",
                summary: "Tokens used, by model; owners see everyone's, and the account's remaining allowance.",
                access: Self.reading(from: .guest),
                answers: [.init(status: .ok, description: "All of them.", schema: "UsagePage")],
                handle: { try await self.usagePage($0) }),
            APIRoute(
                method: .get, pattern: "/api/v1/sessions", operation: "listSessions",
                summary: "The sessions behind the threads.", access: Self.reading(from: .guest),
                parameters: [.sessionCursor, .limit(30, most: 100)],
                answers: [.init(status: .ok, description: "A page.", schema: "SessionPage")],
                handle: { try await self.sessions($0) }),
            self.listing(
                "repositories", "RepositoryPage", "The configured repositories, the default first.", from: .member
            ) { _ in self.repositories() },
            self.listing("commands", "CommandPage", "The commands of threads.", from: .guest) { request in
                self.commands(for: try request.person().role)
            },
        ]
    }

    private func listing(
        _ name: String, _ schema: String, _ summary: String, from role: Role,
        _ items: @escaping @Sendable (APIRequest) async throws -> [JSON]
    ) -> APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/\(name)", operation: name, summary: summary,
            access: Self.reading(from: role),
            answers: [.init(status: .ok, description: "All of them.", schema: schema)],
            handle: { request in .json(["items": .array(try await items(request)), "next_cursor": .null]) })
    }

    private func operation(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let id = request.parameter("id")
        let document = try await self.context.store.read { ledger -> OperationDocument? in
            guard let turn = try ledger.turn(id: id), let session = try ledger.session(id: turn.session),
                principal.maySee(session)
            else { return nil }
            return try OperationDocument(turn: turn, in: ledger)
        }
        guard let document else { throw Problems.missing("operation") }
        return .json(document.json(pages: self.context.environment.settings.pages))
    }

    private func models() async throws -> [JSON] {
        let directory = self.context.bridge.modelDirectory
        let choices: [ModelChoice]
        do { choices = try await directory.list() } catch let error as CancellationError { throw error } catch {
            throw HTTPProblem(.badGateway, "The models cannot be listed: \(error)")
        }
        return choices.map { choice in
            [
                "id": .string(choice.id), "detail": .string(choice.detail), "provider": .string(directory.provider),
                "default": .bool(choice.id == directory.defaultModel), "name": .string(choice.name),
                "input_limit": JSON(choice.inputLimit), "output_limit": JSON(choice.outputLimit),
                "tokenizer": Self.optional(choice.tokenizer), "version": Self.optional(choice.version),
                "vendor": Self.optional(choice.vendor), "multiplier": Self.optional(choice.multiplier),
                "preview": .bool(choice.isPreview),
            ]
        }
    }

    private static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    private static func optional(_ number: Double?) -> JSON { number.map { .number($0) } ?? .null }

    private func usagePage(_ request: APIRequest) async throws -> HTTPServerResponse {
        let items = try await self.usage(request)
        // The account's quota is visible only to those who may see everything.
        let quota = try request.person().seesEverything ? await self.quota() : .null
        return .json(["items": .array(items), "next_cursor": .null, "quota": quota])
    }

    /// The account's remaining allowance. A failing provider must not hide the usage, so it gives null.
    private func quota() async -> JSON {
        let directory = self.context.bridge.modelDirectory
        guard let left = try? await directory.quota() else { return .null }
        return [
            "provider": .string(directory.provider), "plan": Self.optional(left.plan),
            "reset_date": Self.optional(left.resetDate),
            "items": .array(
                left.items.map { item in
                    [
                        "id": .string(item.id), "name": .string(item.name), "unlimited": .bool(item.isUnlimited),
                        "entitlement": Self.optional(item.entitlement), "remaining": Self.optional(item.remaining),
                        "percent_remaining": Self.optional(item.percentRemaining),
                    ]
                }),
        ]
    }

    private func usage(_ request: APIRequest) async throws -> [JSON] {
        let principal = try request.person()
        let owner = principal.seesEverything ? nil : principal.identity
        return try await self.context.store.read { ledger in
            try ledger.usage(ofOwner: owner).map { row in
                [
                    "model": .string(row.model), "turns": .integer(row.turns), "input_tokens": .integer(row.input),
                    "output_tokens": .integer(row.output),
                ]
            }
        }
    }

    private func sessions(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let limit = try request.limit(default: 30, most: 100)
        let cursor = try request.cursor(SessionCursor.init)
        let owner = principal.seesEverything ? nil : principal.identity
        let now = self.context.now()
        let page = try await self.context.store.read { ledger in
            let page = try ledger.sessions(SessionFilter(owner: owner), after: cursor, limit: limit)
            let items = try page.items.map { session -> JSON in
                let open = try ledger.openTurns(of: session.id)
                return [
                    "id": .string(session.id), "thread_id": .string(session.id), "title": .string(session.title),
                    "adapter": .string(session.key.adapter.rawValue), "owner": .string(session.owner),
                    "state": .string(session.state(at: now).rawValue),
                    "running": .integer(Int64(open.count { $0.state == .running })),
                    "queued": .integer(Int64(open.count { $0.state == .queued })),
                    "created_at": .string(CivilTime(milliseconds: session.createdAt).rfc3339),
                    "active_at": .string(CivilTime(milliseconds: session.activeAt).rfc3339),
                ]
            }
            return Page(items: items, next: page.next)
        }
        return .json(page.document { $0 })
    }

    private func repositories() -> [JSON] {
        let settings = self.context.environment.settings
        return settings.repositories.enumerated().map { index, name in
            [
                "name": .string(name), "default": .bool(index == 0), "url": .string("/r/\(name)"),
                "page": settings.pages.page(of: name).map { .string($0) } ?? .null,
            ]
        }
    }

    private func commands(for role: Role) -> [JSON] {
        CommandName.allCases.filter { $0.role <= role }.map { command in
            let usage = command.argument.isEmpty ? command.rawValue : "\(command.rawValue) \(command.argument)"
            return ["word": .string(command.rawValue), "usage": .string(usage), "summary": .string(command.summary)]
        }
    }
}
