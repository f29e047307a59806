internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives
internal import Sessions

/// Open asks of one thread or of all, and answers to them.
struct AskRoutes: Sendable {
    let context: GatewayContext

    private static let bodyLimit = 16 * 1024

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/threads/{id}/asks", operation: "listAsks",
                summary: "The open asks of a thread, oldest first.", access: .scopes([.chat, .read], from: .guest),
                answers: [
                    .init(status: .ok, description: "All of them.", schema: "AskList"),
                    .init(status: .notFound, description: "No such thread.", schema: "Problem"),
                ], handle: { try await self.list($0) }),
            APIRoute(
                method: .get, pattern: "/api/v1/asks", operation: "listWaitingAsks",
                summary: "The open asks of all threads that you may answer, oldest first.",
                access: .scopes([.chat, .read], from: .guest),
                answers: [.init(status: .ok, description: "All of them.", schema: "WaitingAskList")],
                handle: { try await self.listWaiting($0) }),
            APIRoute(
                method: .post, pattern: "/api/v1/asks/{id}", operation: "answerAsk",
                summary:
                    "Answers an ask of any thread: the key of an option (of several approvals at once, keys such as "
                    + "`A,C`), `yes`, `no` or `done`, and optionally a reason; a question may also be answered by "
                    + "`text` alone. The first answer of a person who may answer counts.",
                access: .scopes([.chat], from: .guest), body: "AskAnswer", bodyLimit: Self.bodyLimit,
                answers: [
                    .init(status: .ok, description: "The decision.", schema: "AskDecision"),
                    .init(status: .badRequest, description: "The body is not as described.", schema: "Problem"),
                    .init(status: .forbidden, description: "You may not answer it.", schema: "Problem"),
                    .init(status: .notFound, description: "No such ask.", schema: "Problem"),
                    .init(status: .conflict, description: "It was decided before.", schema: "Problem"),
                    .init(status: .gone, description: "It has expired.", schema: "Problem"),
                    .init(status: HTTPStatus(422), description: "It has no such answer.", schema: "Problem"),
                ], handle: { try await self.answer($0) }),
        ]
    }

    private func list(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let session = try await self.context.session(request.parameter("id"), for: principal)
        let now = self.context.now()
        let asks = try await self.context.store.read { ledger in try ledger.openAsks(of: session.id) }
        return .json([
            "items": .array(asks.filter { $0.expiresAt > now }.map { AskDocument(ask: $0).json(for: principal) })
        ])
    }

    private func listWaiting(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let now = self.context.now()
        let items = try await self.context.store.read { ledger in
            try ledger.asksWaiting(for: principal, at: now).map { ask, session in
                AskDocument(ask: ask).json(for: principal, in: session)
            }
        }
        return .json(["items": .array(items)])
    }

    private func answer(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let body = try await request.object(upTo: Self.bodyLimit)
        let key = try Self.text("answer", of: body) ?? ""
        let reason = try Self.text("text", of: body)
        try await self.checkVisible(request.parameter("id"), principal)
        let answer = AskAnswer(
            ask: request.parameter("id"), sender: principal.sender, role: principal.role, key: key, reason: reason)
        let result = try await self.context.bridge.answer(answer)
        guard case .decided(let ask) = result else { throw Self.problem(result, key) }
        request.logger.info("an ask was answered", ["ask": .string(ask.id), "answer": .string(ask.answer ?? "")])
        return .json(AskDocument(ask: ask).decision)
    }

    /// An ask of a thread that the person cannot see answers like one that does not exist: ids are sequential.
    private func checkVisible(_ id: String, _ principal: Principal) async throws {
        let session = try await self.context.store.read { ledger in
            try ledger.ask(id: id).flatMap { try ledger.session(id: $0.session) }
        }
        guard let session, principal.maySee(session) else { throw Self.problem(.unknown, "") }
    }

    private static func text(_ name: String, of body: JSONObject) throws -> String? {
        guard let value = body[name], value != .null else { return nil }
        guard let text = value.stringValue else { throw HTTPProblem(.badRequest, "`\(name)` must be a text.") }
        return text
    }

    private static func problem(_ result: AskResult, _ key: String) -> HTTPProblem {
        switch result {
        case .decided, .unknown: return HTTPProblem(.notFound, "There is no such ask.")
        case .notAllowed(let ask):
            return HTTPProblem(
                .forbidden, "You may not answer `\(ask.id)`: that is for \(AskDocument(ask: ask).answerer).")
        case .settled(let ask): return HTTPProblem(.conflict, "`\(ask.id)` is closed: \(ask.outcome).")
        case .altered(let ask):
            return HTTPProblem(.conflict, "`\(ask.id)` does not match what was stored and cannot be decided.")
        case .expired(let ask): return HTTPProblem(.gone, "`\(ask.id)` has expired. Ask again.")
        case .noSuchAnswer(let ask):
            let keys = ask.options.map { "`\($0.key)` (\($0.label))" }.joined(separator: ", ")
            let other = key.isEmpty ? "" : ", not another text"
            if ask.question?.takesText == true {
                let choices = keys.isEmpty ? "" : "one of \(keys), or "
                return HTTPProblem(HTTPStatus(422), "`answer` must be \(choices)left out in favour of `text`.")
            }
            return HTTPProblem(HTTPStatus(422), "`answer` must be one of \(keys)\(other).")
        }
    }
}

extension Ledger {
    /// The open asks that somebody may answer, oldest first, with their threads.
    func asksWaiting(for principal: Principal, at now: Int64) throws -> [(AskRecord, SessionRecord)] {
        try self.openAsks().compactMap { ask in
            guard ask.expiresAt > now, principal.mayAnswer(ask), let session = try self.session(id: ask.session),
                principal.maySee(session)
            else { return nil }
            return (ask, session)
        }
    }
}

/// An ask in the API's form.
struct AskDocument: Sendable {
    let ask: AskRecord

    /// Who may answer it.
    var answerer: String {
        switch self.ask.rule {
        case .otherOwners: "an owner other than the person who asked"
        case .owners: "an owner"
        case .members: "a member or an owner"
        case .requester, .asker: "the person who asked, or an owner"
        }
    }

    /// The same for somebody who is no owner.
    private var answererForOthers: String { self.ask.rule == .otherOwners ? "an owner" : self.answerer }

    func json(for principal: Principal) -> JSON { .object(self.members(for: principal)) }

    /// With what tells asks of several threads apart.
    func json(for principal: Principal, in session: SessionRecord) -> JSON {
        var members = self.members(for: principal)
        members["thread_id"] = .string(session.id)
        members["title"] = .string(session.shownTitle)
        members["asked_by"] = .string(self.ask.requester.displayName)
        return .object(members)
    }

    private func members(for principal: Principal) -> JSONObject {
        [
            "id": .string(self.ask.id), "kind": .string(self.ask.kind.rawValue), "text": .string(self.ask.text),
            "options": .array(
                self.ask.options.map { option in
                    [
                        "key": .string(option.key), "label": .string(option.label),
                        "recommended": .bool(option.isRecommended),
                    ]
                }), "expires_at": .string(CivilTime(milliseconds: self.ask.expiresAt).rfc3339),
            "can_answer": .bool(principal.mayAnswer(self.ask)),
            "waits_for": .string(principal.role == .owner ? self.answerer : self.answererForOthers),
        ]
    }

    var decision: JSON {
        [
            "id": .string(self.ask.id), "answer": self.ask.answer.map { .string($0) } ?? .null,
            "outcome": .string(self.ask.outcome), "text": self.ask.reason.map { .string($0) } ?? .null,
            "decided_by": self.ask.decider.map { .string($0.displayName) } ?? .null,
            "decided_at": self.ask.decidedAt.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null,
        ]
    }
}
