internal import Analytics
internal import Audit
internal import Chat
internal import JSON
internal import People
internal import Primitives
internal import Schemas
internal import Specs
internal import Store
internal import Tasks
internal import Threads

/// The schema that the gateway serves: the root fields, and the edges between the API's types.
enum GraphQLRoots {
    static let schema: GraphQLSchema = {
        var table = SchemaTable()
        let types: [any FieldValue.Type] = [
            API.Person.self, API.Thread.self, API.Message.self, API.Operation.self, API.Ask.self,
            API.Repository.self, FeatureOverview.Feature.self, API.AuditRow.self, API.Task.self,
            API.Analytics.self,
        ]
        for type in types { _ = table.schema(of: type, .output) }
        var schema = GraphQLSchema()
        schema.add(GraphQLSchema.Object(name: GraphQLSchema.query, fields: Self.roots))
        schema.add(table)
        for name in ["Thread", "Message", "AuditRow", "Task"] { schema.addConnection(of: name) }
        schema.addConnection(of: "FeatureName", node: "String")
        schema.extend("Thread", with: Self.ofThread)
        schema.extend("Message", with: [Self.operationOfMessage])
        schema.extend("Operation", with: [Self.threadOfOperation])
        GraphQLIntrospection.extend(&schema)
        return schema
    }()

    // MARK: Arguments

    private static let id = GraphQLSchema.Argument(name: "id", text: "", type: .nonNull(.named("ID")))

    private static func paging(_ usual: Int64) -> [GraphQLSchema.Argument] {
        [
            .init(name: "first", text: "At most 100.", type: .named("Int"), standard: .int(usual)),
            .init(name: "after", text: "A cursor of an edge, or `endCursor`.", type: .named("String")),
        ]
    }

    private static func count(_ arguments: [String: JSON], _ name: String) throws -> Int {
        let count = arguments[name]?.intValue ?? 0
        guard (1...100).contains(count) else { throw GraphQLError("`\(name)` must be a number from 1 to 100.") }
        return count
    }

    /// The argument `after` of a list that is ordered by numbers, which are never negative.
    private static func after(_ arguments: [String: JSON]) throws -> Int64? {
        guard let text = arguments["after"]?.stringValue else { return nil }
        guard let number = Int64(untrusted: text), number >= 0 else {
            throw GraphQLError("`after` must be a cursor of this list.")
        }
        return number
    }

    private static func connection(
        _ items: [(cursor: String, node: JSON)], hasNext: Bool, hasPrevious: Bool = false
    ) -> JSON {
        [
            "edges": .array(items.map { ["cursor": .string($0.cursor), "node": $0.node] }),
            "nodes": .array(items.map(\.node)),
            "pageInfo": [
                "hasNextPage": .bool(hasNext), "hasPreviousPage": .bool(hasPrevious),
                "startCursor": items.first.map { .string($0.cursor) } ?? .null,
                "endCursor": items.last.map { .string($0.cursor) } ?? .null,
            ],
        ]
    }

    // MARK: Roots

    /// Each search visits up to 100,000 messages, or the words of 20,000 tasks, in the transaction that all fields share.
    private static let searchCost = 1_000

    // Change: a route of the API, a field of GraphQL
    private static let roots: [GraphQLSchema.Field] = [
        .init(
            name: "viewer", text: "The person whom the credential belongs to.", type: .nonNull(.named("Person")),
            resolve: { scene, _, _ in
                try JSON(encoding: API.Person(scene.principal, in: scene.ledger, at: scene.now))
            }),
        .init(
            name: "thread", text: "", arguments: [Self.id], type: .named("Thread"),
            resolve: { scene, _, arguments in
                guard let session = try Self.session(arguments["id"]?.stringValue ?? "", in: scene) else {
                    return .null
                }
                return try Self.json(session, in: scene)
            }),
        .init(
            name: "threads", text: "Threads of all networks, most recently active first.",
            arguments: Self.paging(30) + [
                .init(name: "adapter", text: "Only this network's threads.", type: .named("String")),
                .init(name: "query", text: "Only threads with all these words.", type: .named("String")),
                .init(
                    name: "mine", text: "Only threads that you began.", type: .named("Boolean"),
                    standard: .boolean(false)),
                .init(
                    name: "archived", text: "The archived threads instead of the others.", type: .named("Boolean"),
                    standard: .boolean(false)),
            ], type: .nonNull(.named("ThreadConnection")), resolve: Self.threads, isConnection: true,
            searchCost: Self.searchCost),
        .init(
            name: "operation", text: "", arguments: [Self.id], type: .named("Operation"),
            resolve: { scene, _, arguments in
                try Self.operation(arguments["id"]?.stringValue ?? "", in: scene)
            }),
        .init(
            name: "repositories", text: "The configured repositories, the default first; for members.",
            type: .list(.nonNull(.named("Repository"))),
            resolve: { scene, _, _ in
                try Self.require(.member, [.chat, .read], scene)
                return try JSON(encoding: CatalogRoutes(context: scene.context).repositories().items)
            }),
        .init(
            name: "feature", text: "The feature that a thread works on; for members.",
            arguments: [.init(name: "thread", text: "", type: .nonNull(.named("ID")))], type: .named("Feature"),
            resolve: { scene, _, _ in try scene.prepared[scene.key]?.get() ?? .null }, cost: 250),
        .init(
            name: "features", text: "The names of a repository's features, the newest first; for members.",
            arguments: Self.paging(50) + [
                .init(name: "repository", text: "By default the default one.", type: .named("String"))
            ], type: .named("FeatureNameConnection"), resolve: Self.features, isConnection: true, cost: 250),
        .init(
            name: "task", text: "A task of a repository's list; for members.",
            arguments: [.init(name: "repository", text: "", type: .nonNull(.named("String"))), Self.id],
            type: .named("Task"),
            resolve: { scene, _, arguments in
                try Self.require(.member, [.tasks, .chat, .read], scene)
                let (id, repository) = (arguments["id"]?.stringValue ?? "", arguments["repository"]?.stringValue ?? "")
                return try scene.ledger.task(id, in: repository).map { try JSON(encoding: API.Task($0)) }
                    ?? .null
            }, cost: 100),
        .init(
            name: "tasks", text: "The tasks of a repository, in the order of its list; for members.",
            arguments: Self.paging(50) + [
                .init(name: "repository", text: "By default the default one.", type: .named("String")),
                .init(name: "state", text: "`open`, `started`, `done` or `dropped`.", type: .named("String")),
                .init(name: "owner", text: "", type: .named("String")),
                .init(name: "label", text: "", type: .named("String")),
                .init(name: "query", text: "Only tasks with all these words.", type: .named("String")),
            ], type: .nonNull(.named("TaskConnection")), resolve: Self.tasks, isConnection: true, cost: 100,
            searchCost: Self.searchCost),
        .init(
            name: "analytics", text: "What was used and what it cost; others than owners see what is theirs.",
            arguments: [
                .init(name: "from", text: "A date or a time.", type: .named("String")),
                .init(name: "to", text: "Excluded.", type: .named("String")),
                .init(
                    name: "by", text: "Up to two of day, hour, user, thread, model, repository, tool, network.",
                    type: .named("String")),
                .init(name: "zone", text: "By default UTC.", type: .named("String")),
            ], type: .named("Analytics"),
            resolve: { scene, _, arguments in
                let text = { (name: String) in arguments[name]?.stringValue }
                do {
                    let query = API.AnalyticsQuery(
                        from: text("from"), to: text("to"), by: text("by"), zone: text("zone"))
                    return try AnalyticsRoutes.table(
                        query, for: scene.principal, in: scene.context, scene.ledger, counting: scene.reads
                    ).json
                } catch let problem as AnalyticsQuery.Problem {
                    throw GraphQLError("`\(problem.parameter)`: \(problem)")
                }
            }, cost: 500),
        .init(
            name: "audit", text: "The audit, newest row first; for owners with the scope admin.",
            arguments: Self.paging(50), type: .named("AuditRowConnection"), resolve: Self.audit, isConnection: true),
    ]

    private static func threads(_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON {
        let after = arguments["after"]?.stringValue
        let cursor = after.flatMap(SessionCursor.init)
        guard after == nil || cursor != nil else { throw GraphQLError("`after` must be a cursor of this list.") }
        let search = arguments["query"]?.stringValue
        if let problem = ThreadRoutes.problem(withSearch: search, named: "query") { throw GraphQLError(problem) }
        let isOwn = arguments["mine"]?.boolValue == true
        let principal = scene.principal
        let filter = ThreadRoutes.filter(
            SessionFilter(
                adapter: arguments["adapter"]?.stringValue, isArchived: arguments["archived"]?.boolValue ?? false,
                search: search),
            isOwn: isOwn, for: principal, at: scene.now)
        let page = try scene.ledger.sessions(filter, after: cursor, limit: try Self.count(arguments, "first"))
        scene.reads.count(page.items.reduce(0) { $0 + ($1.summary?.text.utf8.count ?? 0) })
        let items = try page.items.map { (SessionCursor(after: $0).description, try Self.json($0, in: scene)) }
        return Self.connection(
            items.map { (cursor: $0.0, node: $0.1) }, hasNext: page.next != nil, hasPrevious: cursor != nil)
    }

    /// Null for a repository that is unknown.
    private static func features(_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON {
        let count = try Self.count(arguments, "first")
        guard let names = try scene.prepared[scene.key]?.get().arrayValue else { return .null }
        let after = arguments["after"]?.stringValue
        let rest = after == nil ? names[...] : names.drop { $0.stringValue != after }.dropFirst()
        guard after == nil || names.contains(where: { $0.stringValue == after }) else {
            throw GraphQLError("`after` must be a cursor of this list.")
        }
        let items = rest.prefix(count).map { (cursor: $0.stringValue ?? "", node: $0) }
        return Self.connection(items, hasNext: rest.count > count, hasPrevious: after != nil)
    }

    private static func audit(_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON {
        try Self.require(.owner, [.admin], scene)
        let after = try Self.after(arguments)
        let page = try AuditReader.page(
            after: after.map(String.init), limit: try Self.count(arguments, "first"), in: scene.ledger.connection)
        let items = try page.rows.map { (cursor: String($0.number), node: try JSON(encoding: API.AuditRow($0))) }
        return Self.connection(items, hasNext: page.next != nil, hasPrevious: after != nil)
    }

    private static func tasks(_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON {
        try Self.require(.member, [.tasks, .chat, .read], scene)
        let after = try Self.after(arguments)
        let names = scene.context.settings.tasks?.names ?? []
        let repository = arguments["repository"]?.stringValue ?? names.first ?? ""
        let filter = TaskFilter(
            state: arguments["state"]?.stringValue, owner: arguments["owner"]?.stringValue,
            label: arguments["label"]?.stringValue, search: arguments["query"]?.stringValue)
        let count = try Self.count(arguments, "first")
        let tasks = try scene.ledger.tasks(of: repository, filter, after: after ?? 0, limit: count + 1)
        let items = try tasks.prefix(count).map { task in
            (cursor: String(task.line), node: try JSON(encoding: API.Task(task)))
        }
        return Self.connection(items, hasNext: tasks.count > count, hasPrevious: after != nil)
    }

    private static func require(_ role: Role, _ scopes: Set<Scope>, _ scene: GraphQLScene) throws {
        guard scene.principal.has(anyOf: scopes), scene.principal.role >= role else {
            throw GraphQLError(
                "This is for \(role == .owner ? "owners" : "members and owners"), with the scope "
                    + scopes.map(\.rawValue).sorted().joined(separator: " or ") + ".")
        }
    }

    // MARK: Edges

    private static let ofThread: [GraphQLSchema.Field] = [
        .init(
            name: "messages", text: "Oldest first; with `last`, the newest ones.",
            arguments: Self.paging(50) + [.init(name: "last", text: "At most 100.", type: .named("Int"))],
            type: .nonNull(.named("MessageConnection")), resolve: Self.messages, isConnection: true),
        .init(
            name: "asks", text: "The open asks, oldest first.", type: .nonNull(.list(.nonNull(.named("Ask")))),
            resolve: { scene, parent, _ in
                guard let session = try Self.session(parent["id"]?.stringValue ?? "", in: scene) else { return [] }
                let right = try Self.right(in: session, scene)
                let asks = try scene.ledger.openAsks(of: session.id)
                scene.reads.count(asks.reduce(0) { $0 + $1.lead.utf8.count + $1.tail.utf8.count + ReadBudget.row })
                return try JSON(
                    encoding: asks.filter { $0.expiresAt > scene.now }
                        .map { API.Ask($0, for: scene.principal, with: right) })
            }),
        .init(
            name: "running", text: "The running operation, or else the first queued one.",
            type: .named("Operation"),
            resolve: { scene, parent, _ in
                try parent["active_operation"]?.stringValue.map { try Self.operation($0, in: scene) } ?? .null
            }),
    ]

    private static let operationOfMessage = GraphQLSchema.Field(
        name: "operation", text: "", type: .named("Operation"),
        resolve: { scene, parent, _ in
            try parent["operation_id"]?.stringValue.map { try Self.operation($0, in: scene) } ?? .null
        })

    private static let threadOfOperation = GraphQLSchema.Field(
        name: "thread", text: "", type: .named("Thread"),
        resolve: { scene, parent, _ in
            guard let session = try Self.session(parent["thread_id"]?.stringValue ?? "", in: scene) else {
                return .null
            }
            return try Self.json(session, in: scene)
        })

    private static func messages(_ scene: GraphQLScene, _ parent: JSON, _ arguments: [String: JSON]) throws -> JSON {
        let id = parent["id"]?.stringValue ?? ""
        let page: MessagePage
        let isLast = arguments["last"].map { !$0.isNull } ?? false
        let count = try Self.count(arguments, isLast ? "last" : "first")
        if isLast {
            page = try scene.ledger.messages(of: id, before: .max, limit: count)
        } else {
            let after = try Self.after(arguments).map(String.init)
            let found = try scene.ledger.messages(of: id, after: after, limit: count)
            page = MessagePage(items: found.items, next: found.next, previous: after)
        }
        if !page.items.isEmpty { scene.reads.threads.insert(id) }
        scene.reads.count(page.items.reduce(0) { $0 + $1.text.utf8.count + ReadBudget.row })
        // The message that no longer fits in the page was read, too.
        let isCut = page.items.count < count && (isLast ? page.previous : page.next) != nil
        if isCut { scene.reads.count(MessagePage.byteLimit) }
        let places = try AnswerPlaces(of: page.items, in: scene.ledger, within: scene.frames)
        let branches = try scene.ledger.branches(of: id)
        let items = try page.items.map { message in
            (
                cursor: String(message.id),
                node: try JSON(encoding: API.Message(message, place: places[message], branches, in: scene.ledger))
            )
        }
        return Self.connection(items, hasNext: page.next != nil && !isLast, hasPrevious: page.previous != nil)
    }

    private static func session(_ id: String, in scene: GraphQLScene) throws -> SessionRecord? {
        guard let session = try scene.ledger.session(id: id) else { return nil }
        scene.reads.count(session.summary?.text.utf8.count ?? 0)
        return try Self.right(in: session, scene) == nil ? nil : session
    }

    private static func right(in session: SessionRecord, _ scene: GraphQLScene) throws -> ThreadRight? {
        try scene.ledger.right(of: scene.principal.visitor, in: session, at: scene.now)
    }

    private static func json(_ session: SessionRecord, in scene: GraphQLScene) throws -> JSON {
        scene.reads.count(ReadBudget.row)
        return try JSON(encoding: API.Thread(session, for: scene.principal, in: scene.ledger, at: scene.now))
    }

    private static func operation(_ id: String, in scene: GraphQLScene) throws -> JSON {
        guard let turn = try scene.ledger.turn(id: id) else { return .null }
        scene.reads.count(turn.text.utf8.count + turn.commits.count * ReadBudget.row)
        guard try Self.session(turn.session, in: scene) != nil else { return .null }
        let pages = scene.context.environment.settings.pages
        return try JSON(encoding: API.Operation(turn, in: scene.ledger, pages: pages))
    }
}
