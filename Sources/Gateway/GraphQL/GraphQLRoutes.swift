internal import Chat
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Schemas
internal import Specs
internal import Store
internal import Tasks
internal import Threads

/// GraphQL over HTTP, for reads.
struct GraphQLRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .post, "/api/v1/graphql", "graphql",
            "A query in GraphQL, for reads; depth at most 15, cost at most 5,000, answer at most 4 MiB. With `Accept: "
                + "application/json` a query that cannot be run is answered with 200, as clients of old expect.",
            .reading(from: .guest),
            body: API.GraphQLQuery.self, bodyLimit: 256 << 10, answerMemory: 2 * GraphQLExecutor.answerLimit,
            answers: [
                .json(JSON.self, "Data, and errors of fields that have none."),
                .init(
                    status: .badRequest, text: "The query cannot be run; `errors` says why.",
                    content: JSON.self, type: Self.type),
                .badRequest("A member is unknown or missing."),
            ]
        ) { try await Self(context: $0).answer($1) },
        APIRoute(
            .get, "/api/v1/graphql/schema", "graphqlSchema", "The schema in the schema definition language.",
            .reading(from: .guest), answers: [.other(.plain, "The schema.")]
        ) { (_, _: PlainCall) in .text(GraphQLRoots.schema.text) },
    ]

    private static let type = MediaType(parsing: "application/graphql-response+json") ?? .json

    private func answer(_ call: APICall<API.Nothing, API.GraphQLQuery>) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let accepted = call.http.headers.list(of: "accept")
        let isLegacy =
            accepted.contains { $0.hasPrefix("application/json") }
            && !accepted.contains { $0.hasPrefix(Self.type.essence) }
        let variables = call.body.variables ?? .null
        guard variables == .null || variables.objectValue != nil else {
            throw HTTPProblem(HTTPStatus(422), "`variables` must be an object with a value for each name.")
        }
        let request = GraphQLRequest(
            query: call.body.query, variables: variables.objectValue ?? [:], operationName: call.body.operationName)
        let executor: GraphQLExecutor
        do throws(GraphQLError) {
            executor = try GraphQLExecutor(request, schema: GraphQLRoots.schema)
        } catch {
            return Self.response(Self.refusal(error), isLegacy ? .ok : .badRequest, isLegacy)
        }
        let prepared = try await self.prepared(executor, for: principal)
        let roots = executor.fields(of: executor.operation.selections, on: GraphQLSchema.query)
        let turn =
            roots.contains { $0.fields.first?.name == "analytics" }
            ? try await AnalyticsRoutes.turns.reserve(1, for: principal.identity) : nil
        defer { withExtendedLifetime(turn) {} }
        let (context, now) = (self.context, self.context.now())
        do {
            let (answer, threads) = try await self.context.store.read { ledger in
                let scene = GraphQLScene(
                    context: context, principal: principal, ledger: ledger, now: now, prepared: prepared)
                return (try executor.run(in: scene), scene.reads.threads)
            }
            for thread in threads { await context.noteRead(of: thread, by: principal, call.logger) }
            return Self.response(answer, .ok, isLegacy)
        } catch let error as GraphQLError {
            return Self.response(Self.refusal(error), isLegacy ? .ok : .badRequest, isLegacy)
        }
    }

    private static func refusal(_ error: GraphQLError) -> JSON {
        var members: JSONObject = ["message": .string(error.message)]
        if let place = error.place {
            members["locations"] = [["line": JSON(place.line), "column": JSON(place.column)]]
        }
        return ["errors": [.object(members)]]
    }

    private static func response(_ json: JSON, _ status: HTTPStatus, _ isLegacy: Bool) -> HTTPServerResponse {
        HTTPServerResponse(status, isLegacy ? .json : Self.type, bytes: json.bytes)
    }

    // MARK: Repositories, which are read before the transaction

    /// The root fields `feature` and `features`. What cannot be read is the field's error.
    private func prepared(
        _ executor: GraphQLExecutor, for principal: Principal
    ) async throws -> [String: Result<JSON, GraphQLError>] {
        var prepared: [String: Result<JSON, GraphQLError>] = [:]
        let fields = executor.fields(of: executor.operation.selections, on: GraphQLSchema.query)
        for (key, fields) in fields {
            if let field = fields.first, ["task", "tasks"].contains(field.name),
                let definition = executor.schema.objects[GraphQLSchema.query]?[field.name], principal.role >= .member
            {
                // The index is good enough where the repository cannot be read.
                let repository = executor.arguments(of: field, definition)["repository"]?.stringValue
                _ = try? await self.context.settings.tasks?.refresh(repository)
                continue
            }
            guard let field = fields.first, ["feature", "features"].contains(field.name),
                let definition = executor.schema.objects[GraphQLSchema.query]?[field.name]
            else { continue }
            let arguments = executor.arguments(of: field, definition)
            prepared[key] = try await self.feature(field.name, arguments, for: principal)
        }
        return prepared
    }

    private func feature(
        _ name: String, _ arguments: [String: JSON], for principal: Principal
    ) async throws -> Result<JSON, GraphQLError> {
        guard principal.role >= .member else {
            return .failure(GraphQLError("This is for members and owners."))
        }
        guard let source = self.context.features else { return .success(.null) }
        let answer: FeatureAnswer<JSON>
        if name == "feature" {
            let id = arguments["thread"]?.stringValue ?? ""
            let now = self.context.now()
            let session = try await self.context.store.read { ledger in
                try ledger.session(id: id, for: principal.visitor, to: .read, at: now)
            }
            guard let session else { return .success(.null) }
            answer = try await source.feature(session.feature, of: session.repository).map { try JSON(encoding: $0) }
        } else {
            answer = try await source.names(in: arguments["repository"]?.stringValue).map { try JSON(encoding: $0) }
        }
        switch answer {
        case .found(let found): return .success(found)
        case .missing: return .success(.null)
        case .refused(let line): return .failure(GraphQLError(line))
        }
    }
}

extension API {
    struct GraphQLQuery: Fact {
        let query: String
        let variables: JSON?
        let operationName: String?

        enum CodingKeys: String, CodingKey { case query, variables, operationName }

        static let notes: Notes<Self> = [
            \.query: MemberNote("The document.", minLength: 1),
            \.variables: "Values of the operation's variables, by name.",
        ]
    }
}
