internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Schemas
internal import Store
internal import Threads

/// The addresses that hear of changes, for owners.
struct HookRoutes: Sendable {
    let context: GatewayContext

    private static let unknown = APIRoute.Answer.notFound("No hook has this name, or it has no such delivery.")

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/hooks", "listHooks",
            "The hooks of the configuration, to which changes are sent, and how each fares.", .administration,
            success: (.ok, "All of them.")
        ) { (context, _: PlainCall) in try await Self(context: context).list() },
        APIRoute(
            .get, "/api/v1/hooks/{name}/deliveries", "listHookDeliveries",
            "A hook's deliveries of the last days, newest first.", .administration, query: API.HookQuery.self,
            success: (.ok, "A page."), [Self.unknown]
        ) { try await Self(context: $0).deliveries($1) },
        APIRoute(
            .post, "/api/v1/hooks/{name}/deliveries/{id}/resend", "resendHookDelivery",
            "Sends a delivery again, before all others, and answers with what became of it.", .administration,
            success: (.ok, "The delivery; `waiting` if it failed again, or nobody has sent it yet."), [Self.unknown]
        ) { (context, call: PlainCall) in
            let routes = Self(context: context)
            let delivery = try await context.webhooks.resend(call.id, of: try routes.hook(call.request))
            guard let delivery else { throw Problems.missing("delivery") }
            call.logger.info("a webhook is sent again", ["delivery": .string(call.id)])
            return API.HookDelivery(delivery)
        },
        APIRoute(
            .post, "/api/v1/hooks/{name}/test", "testHook",
            "Sends a `ping` event, before all others, and answers with what became of it.", .administration,
            success: (.ok, "The delivery; `waiting` if it failed, or nobody has sent it yet."), [Self.unknown]
        ) { (context, call: PlainCall) in
            API.HookDelivery(try await context.webhooks.test(try Self(context: context).hook(call.request)))
        },
    ]

    private func hook(_ request: APIRequest) throws -> Webhook {
        let name = request.parameter("name")
        guard let hook = self.context.webhooks.hooks.first(where: { $0.name == name }) else {
            throw Problems.missing("hook")
        }
        return hook
    }

    private func list() async throws -> API.List<API.Hook> {
        let hooks = self.context.webhooks.hooks
        return try await self.context.store.read { ledger in
            API.List(items: try hooks.map { API.Hook($0, try ledger.webhookSummary(of: $0.name)) })
        }
    }

    private func deliveries(
        _ call: APICall<API.HookQuery, API.Nothing>
    ) async throws -> API.Page<API.HookDelivery> {
        let (name, limit) = (try self.hook(call.request).name, call.query.limit ?? 50)
        let cursor = try API.number(call.query.cursor)
        let found = try await self.context.store.read { ledger in
            try ledger.webhookDeliveries(of: name, before: cursor, limit: limit + 1)
        }
        let page = found.prefix(limit)
        return API.Page(
            page.map(API.HookDelivery.init), next: found.count > limit ? page.last.map { String($0.number) } : nil)
    }
}

extension API.Hook {
    fileprivate init(_ hook: Webhook, _ summary: WebhookSummary) {
        let last = summary.last
        self.init(
            name: hook.name, address: hook.url.origin, events: hook.events, allowPrivate: hook.allowsPrivate,
            state: last?.status == HTTPStatus.gone.code ? .gone : last?.error == nil ? .ok : .failing,
            waiting: summary.waiting, givenUp: summary.givenUp, lastDelivery: last.map(API.HookDelivery.init),
            nextTry: summary.nextAt.flatMap { $0 > 0 ? Timestamp(milliseconds: $0) : nil })
    }
}

extension API.HookDelivery {
    fileprivate init(_ delivery: WebhookDelivery) {
        self.init(
            id: delivery.id, event: delivery.event, state: delivery.state, tries: delivery.tries,
            status: delivery.status, error: delivery.error, createdAt: Timestamp(milliseconds: delivery.createdAt),
            triedAt: delivery.triedAt.map { Timestamp(milliseconds: $0) },
            nextTry: delivery.state == .waiting && delivery.nextAt > 0
                ? Timestamp(milliseconds: delivery.nextAt) : nil)
    }
}
