internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Schemas
internal import Sessions
internal import Threads

/// With whom a thread is shared.
struct ShareRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads/{id}/shares", "listShares",
            "With whom a thread is shared: for the person who began it, and for owners.", .reading(from: .guest),
            success: (.ok, "All of them."), [.notFound("No such thread.")]
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .post, "/api/v1/threads/{id}/shares", "createShare",
            "Shares a thread, in place of an earlier share with the same people.", .writing, body: API.NewShare.self,
            success: (.created, "The share, with its address."),
            [
                .notFound("No such thread, or nobody with access is called so."),
                .conflict("It is that person's own thread, or has too many shares."),
            ]
        ) { try await Self(context: $0).create($1) },
        APIRoute(
            .delete, "/api/v1/threads/{id}/shares/{share}", "endShare",
            "Ends a share: connections of people who may not see the thread any more are closed.", .writing,
            answers: [.empty("Ended."), .notFound("No such thread or share.")]
        ) { try await Self(context: $0).end($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.List<API.Share> {
        let principal = try call.person()
        let session = try await self.context.session(call.id, for: principal, to: .own)
        let desk = self.context.bridge.shares
        let shares = try await Self.answering {
            try await desk.list(of: session, by: principal.sender, as: principal.role)
        }
        return API.List(
            items: shares.map { API.Share($0, url: $0.audience == .everybody ? nil : desk.page(of: session.id)) })
    }

    private func create(_ call: APICall<API.Nothing, API.NewShare>) async throws -> API.Share {
        let principal = try call.person()
        let session = try await self.context.session(call.id, for: principal, to: .own)
        let audience: ShareWish.Audience =
            switch call.body.with {
            case "host": .host
            case "public": .everybody
            default: .person(call.body.with)
            }
        let wish = ShareWish(audience, right: call.body.role == .join ? .join : .read, term: call.body.expires)
        let made = try await Self.answering {
            try await self.context.bridge.shares.share(wish, of: session, by: principal.sender, as: principal.role)
        }
        call.logger.info("a thread is shared", ["thread": .string(session.id), "share": .string(made.share.id)])
        return API.Share(made.share, url: made.url)
    }

    private func end(_ call: PlainCall) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let session = try await self.context.session(call.id, for: principal, to: .own)
        let id = call.request.parameter("share")
        let ended = try await Self.answering {
            try await self.context.bridge.shares.end(of: session, by: principal.sender, as: principal.role) {
                $0.id == id
            }
        }
        guard !ended.isEmpty else { throw Problems.missing("share") }
        call.logger.info("a share was ended", ["thread": .string(session.id), "share": .string(id)])
        return HTTPServerResponse(.noContent)
    }

    private static func answering<Value>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let problem as ShareProblem {
            throw HTTPProblem(problem.status, problem.message)
        }
    }
}

extension ShareProblem {
    fileprivate var status: HTTPStatus {
        switch self {
        case .nothing, .unknownPerson: .notFound
        case .notYours, .guestsShareNothingPublicly: .forbidden
        case .publicIsForReading, .unknownTerm, .notLasting: HTTPStatus(422)
        case .alreadyTheirs, .tooMany: .conflict
        }
    }
}

extension API.Share {
    init(_ share: Share, url: String?) {
        self.init(
            id: share.id, with: share.audience.word, name: share.name, role: API.ShareRole(share.right), url: url,
            by: share.makerName, createdAt: Timestamp(milliseconds: share.createdAt),
            expiresAt: share.expiresAt.map { Timestamp(milliseconds: $0) })
    }
}

extension API.ShareRole {
    init(_ right: ThreadRight) { self = right == .read ? .read : .join }
}
