internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Push
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// The browsers that get messages while no page is open.
struct PushRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/push/subscriptions", "listPushSubscriptions",
            "Your browsers that get messages while no page is open, and the key that a new one subscribes with.",
            .reading(from: .guest), success: (.ok, "The key and the browsers.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .post, "/api/v1/push/subscriptions", "subscribePush",
            "Takes a browser's Web Push subscription, in place of the sign-in's earlier one. It ends with the sign-in.",
            .writing, body: API.NewPushSubscription.self, success: (.created, "The subscription."),
            [.conflict("You have \(PushSubscription.limit) already.")]
        ) { try await Self(context: $0).add($1) },
        APIRoute(
            .delete, "/api/v1/push/subscriptions/{id}", "unsubscribePush", "Pushes nothing more to a browser of yours.",
            .writing, answers: [.empty("Ended."), .notFound("No such subscription.")]
        ) { try await Self(context: $0).remove($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.PushSubscriptions {
        let principal = try call.person()
        let found = try await self.context.store.read { ledger in
            try ledger.pushSubscriptions(of: principal.identity)
        }
        return API.PushSubscriptions(
            key: self.context.settings.pushKey.publicText,
            items: found.map { API.PushTarget($0, for: principal) })
    }

    private func add(_ call: APICall<API.Nothing, API.NewPushSubscription>) async throws -> API.PushTarget {
        let (principal, body) = (try call.person(), call.body)
        let subscription: PushSubscription
        do {
            subscription = try PushSubscription(
                endpoint: body.endpoint, p256dh: body.keys.p256dh, auth: body.keys.auth,
                key: self.context.settings.pushKey.publicText, of: principal.credential.id, at: self.context.now(),
                allowsPlain: self.context.settings.pushAllowsLoopback)
        } catch { throw HTTPProblem(HTTPStatus(422), error.description) }
        let added = try await self.context.store.write { ledger in
            try ledger.add(subscription, of: principal.credential)
        }
        guard let added else {
            throw HTTPProblem(
                .conflict,
                "\(PushSubscription.limit) of your browsers get messages already. Turn notifications off in one, or "
                    + "sign it out.")
        }
        call.logger.info("a browser gets pushes", ["service": .string(subscription.endpoint.host)])
        return API.PushTarget(added, for: principal)
    }

    private func remove(_ call: PlainCall) async throws -> HTTPServerResponse {
        let (principal, id) = (try call.person(), call.id)
        let wasThere = try await self.context.store.write { ledger in
            guard try ledger.pushSubscriptions(of: principal.identity).contains(where: { $0.id == id }) else {
                return false
            }
            try ledger.deletePushSubscription(id)
            return true
        }
        guard wasThere else { throw Problems.missing("subscription") }
        return HTTPServerResponse(.noContent)
    }
}

extension API.PushTarget {
    init(_ subscription: PushSubscription, for principal: Principal) {
        self.init(
            id: subscription.id, service: subscription.endpoint.host,
            own: subscription.credential == principal.credential.id,
            createdAt: Timestamp(milliseconds: subscription.createdAt))
    }
}

extension NotificationChoice {
    /// After a change of the settings. Throws 422 for values that cannot be used.
    func changed(by change: API.NotificationsChange) throws -> NotificationChoice {
        var choice = self
        let usual = NotificationChoice()
        switch change.kinds {
        case .keep: break
        case .remove: choice.kinds = usual.kinds
        case .set(let kinds): choice.kinds = Set(kinds)
        }
        switch change.quiet {
        case .keep: break
        case .remove: choice.quiet = nil
        case .set(let text):
            guard let quiet = QuietHours(text) else {
                throw HTTPProblem(
                    HTTPStatus(422), "`quiet` must be two times with a dash between, such as `22:00-07:00`.")
            }
            choice.quiet = quiet
        }
        switch change.zone {
        case .keep: break
        case .remove: choice.zone = usual.zone
        case .set(let name):
            guard let zone = Zone(name) else {
                throw HTTPProblem(
                    HTTPStatus(422),
                    "This host knows no time zone `\(VisibleText.line(name))`: use a name such as `Europe/Berlin`.")
            }
            choice.zone = zone
        }
        choice.content = change.content.applied(to: choice.content) ?? usual.content
        return choice
    }
}
