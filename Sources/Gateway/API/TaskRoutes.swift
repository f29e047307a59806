internal import Chat
internal import Git
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Repositories
internal import Store
internal import Tasks
internal import Threads

/// The tasks of repositories.
struct TaskRoutes: Sendable {
    let context: GatewayContext
    let desk: TaskDesk

    private static let reading = APIRoute.Access.scopes([.tasks, .chat, .read], from: .member)
    private static let changing = APIRoute.Access.scopes([.tasks, .chat], from: .member)

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/tasks", "listTasks", "Tasks in the order of their lists.", Self.reading,
            query: API.TaskQuery.self, answerMemory: APIRoute.anyMemory, success: (.ok, "A page."),
            [.notFound("No such repository."), .conflict("The repository is in use."), Self.badRepository]
        ) { try await Self($0).list($1) },
        APIRoute(
            .get, "/api/v1/tasks/features", "listTaskFeatures",
            "The tasks of features, which `implement` works through, the newest feature first.", Self.reading,
            query: API.TaskFeatureQuery.self, answerMemory: APIRoute.anyMemory, success: (.ok, "Features with tasks."),
            [.notFound("No such repository."), Self.badRepository]
        ) { (context, call: APICall<API.TaskFeatureQuery, API.Nothing>) in
            let features = try await Self(context).answering { try await $0.features(of: call.query.repository) }
            return API.TaskFeaturePage(items: features.map { API.TaskFeature($0) })
        },
        APIRoute(
            .post, "/api/v1/tasks", "createTask", "Adds a task, as a commit.", Self.changing,
            headers: [ThreadRoutes.idempotencyKey],
            body: API.NewTask.self, bodyLimit: 64 << 10, answerMemory: APIRoute.pageMemory,
            success: (.created, "The new task."),
            [
                .notFound("No such repository or thread."), .conflict("The repository is in use."),
                Self.badRepository,
            ]
        ) { try await Self($0).create($1) },
        APIRoute(
            .get, "/api/v1/tasks/{repository}/{id}", "getTask", "One task.", Self.reading,
            answerMemory: APIRoute.anyMemory, success: (.ok, "The task."),
            [.notFound("No such task."), .conflict("Several tasks have this id."), Self.badRepository]
        ) { (context, call: PlainCall) in
            try await Self(context).answering { desk in
                let task = try await desk.task(call.id, in: call.request.parameter("repository"))
                let commits = try await context.look(as: call.person()) { await desk.commits(of: task) }
                return API.Task(task, naming: commits.map { .init(sha: $0.sha, url: $0.url) })
            }
        },
        APIRoute(
            .patch, "/api/v1/tasks/{repository}/{id}", "changeTask",
            "Changes a task, as a commit; what the body leaves out stays as it is.", Self.changing,
            headers: [ThreadRoutes.idempotencyKey],
            body: API.TaskChange.self, bodyLimit: 64 << 10, answerMemory: APIRoute.pageMemory,
            success: (.ok, "The task."),
            [
                .notFound("No such task."),
                .conflict("The task has changed since `base`, or the repository is in use."),
                Self.badRepository,
            ]
        ) { try await Self($0).change($1) },
    ]

    private static let badRepository = APIRoute.Answer.badGateway("The repository cannot be read or written.")

    init(_ context: GatewayContext) throws {
        guard let desk = context.settings.tasks else { throw Problems.missing("list of tasks") }
        self.context = context
        self.desk = desk
    }

    private func list(_ call: APICall<API.TaskQuery, API.Nothing>) async throws -> API.TaskPage {
        let query = call.query
        let cursor = try API.number(query.cursor) ?? 0
        let filter = TaskFilter(
            state: query.state?.rawValue, owner: query.owner, label: query.label, search: query.query)
        let page = try await self.answering { desk in
            try await desk.list(filter, in: query.repository, after: cursor, limit: query.limit ?? 200)
        }
        return API.TaskPage(
            items: page.items.map { API.Task($0) }, nextCursor: page.next.map(String.init), commit: page.head?.commit)
    }

    private func create(_ call: APICall<API.Nothing, API.NewTask>) async throws -> API.Task {
        let body = call.body
        var session: String?
        if let thread = body.threadID {
            session = try await self.context.session(thread, for: call.person(), to: .read).id
        }
        return try await self.change(TaskWish(nil, body.changes), in: body.repository, call, from: session)
    }

    private func change(_ call: APICall<API.Nothing, API.TaskChange>) async throws -> API.Task {
        let repository = call.request.parameter("repository")
        var changes = call.body.changes
        if let link = call.body.link {
            changes.append(try await self.answering { try await $0.link(to: link, in: repository) })
        }
        return try await self.change(TaskWish(call.id, changes, base: call.body.base), in: repository, call)
    }

    private func change<Body>(
        _ wish: TaskWish, in repository: String?, _ call: APICall<API.Nothing, Body>, from session: String? = nil
    ) async throws -> API.Task {
        let sender = try call.person().sender
        // Other people and other tasks may use the same key.
        let key = try ThreadRoutes.key(of: call.request, scope: "\(sender.id) \(call.http.target)").map { "task_\($0)" }
        let outcome = try await self.answering { desk in
            try await desk.change(
                wish, in: repository,
                by: .init(sender, turn: key ?? Identifier.make("task"), session: session, isNew: key == nil))
        }
        call.logger.info("a task was changed", ["task": .string(outcome.task.id)])
        return API.Task(outcome.task)
    }

    private func answering<Value>(_ body: (TaskDesk) async throws -> Value) async throws -> Value {
        do {
            return try await body(self.desk)
        } catch let error as TaskError {
            let status: HTTPStatus =
                switch error {
                case .unknown: .notFound
                case .ambiguous, .conflict, .proposed: .conflict
                case .invalid: HTTPStatus(422)
                }
            throw HTTPProblem(status, Self.sentence(error.description))
        } catch let error as RepositoryError {
            let status: HTTPStatus =
                switch error.code {
                case .unknown: .notFound
                case .git(.dirtyWorkTree), .git(.locked), .git(.conflict), .git(.unfinished), .git(.rejected): .conflict
                default: .badGateway
                }
            throw HTTPProblem(status, Self.sentence(error.message))
        }
    }

    private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() + "." }
}
