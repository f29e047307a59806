internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// Open asks of one thread or of all, and answers to them.
struct AskRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/threads/{id}/asks", "listAsks", "The open asks of a thread, oldest first.",
            .watching(from: .guest), answerMemory: APIRoute.anyMemory, success: (.ok, "All of them."),
            [.notFound("No such thread.")]
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .get, "/api/v1/asks", "listWaitingAsks",
            "The open asks of all threads that you may answer, oldest first.", .watching(from: .guest),
            answerMemory: APIRoute.anyMemory, success: (.ok, "All of them.")
        ) { try await Self(context: $0).listWaiting($1) },
        APIRoute(
            .post, "/api/v1/asks/{id}", "answerAsk",
            "Answers an ask of any thread: the key of an option (of several approvals at once, keys such as `A,C`), "
                + "`yes`, `no` or `done`, and optionally a reason; a question may also be answered by `text` alone. "
                + "The first answer of a person who may answer counts.", .scopes([.chat, .run], from: .guest),
            body: API.AskAnswer.self, success: (.ok, "The decision."),
            [
                .forbidden("You may not answer it."), .notFound("No such ask."), .conflict("It was decided before."),
                .problem(.gone, "It has expired."), .problem(HTTPStatus(422), "It has no such answer."),
            ]
        ) { try await Self(context: $0).answer($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.List<API.Ask> {
        let principal = try call.person()
        let now = self.context.now()
        return API.List(
            items: try await self.context.read(call.id, for: principal) { ledger, session in
                let right = try ledger.right(of: principal.visitor, in: session, at: now)
                return try ledger.openAsks(of: session.id).filter { $0.expiresAt > now }
                    .map { API.Ask($0, for: principal, with: right) }
            })
    }

    private func listWaiting(_ call: PlainCall) async throws -> API.List<API.WaitingAsk> {
        let (principal, via) = (try call.person(), call.request.via)
        let now = self.context.now()
        return API.List(
            items: try await self.context.store.read { ledger in
                try ledger.asksWaiting(for: principal, at: now).map { ask, session in
                    let isWithheld = try via != nil && ledger.isForPeopleOnly(ask)
                    return API.WaitingAsk(ask, for: principal, with: isWithheld ? nil : .join, in: session)
                }
            })
    }

    private func answer(_ call: APICall<API.Nothing, API.AskAnswer>) async throws -> API.AskDecision {
        let principal = try call.person()
        let (id, key) = (call.id, call.body.answer ?? "")
        try await self.checkVisible(id, principal)
        if call.request.via != nil {
            let isWithheld = try await self.context.store.read { ledger in
                try ledger.ask(id: id).map { try ledger.isForPeopleOnly($0) } ?? false
            }
            if isWithheld { throw HTTPProblem(.forbidden, "`\(id)` is decided by a person in its conversation.") }
        }
        let answer = AskAnswer(
            ask: id, sender: principal.sender, role: principal.role, key: key, reason: call.body.text)
        let result = try await self.context.bridge.answer(answer)
        guard case .decided(let ask) = result else { throw Self.problem(result, key) }
        call.logger.info("an ask was answered", ["ask": .string(ask.id), "answer": .string(ask.answer ?? "")])
        return API.AskDecision(ask)
    }

    /// An ask of a thread that the person cannot see answers like one that does not exist: ids are sequential.
    private func checkVisible(_ id: String, _ principal: Principal) async throws {
        let now = self.context.now()
        let right = try await self.context.store.read { ledger -> ThreadRight? in
            guard let ask = try ledger.ask(id: id), let session = try ledger.session(id: ask.session) else {
                return nil
            }
            return try ledger.right(of: principal.visitor, in: session, at: now)
        }
        guard let right else { throw Self.problem(.unknown, "") }
        guard right >= .join else { throw Problems.missingRight(.join) }
    }

    private static func problem(_ result: AskResult, _ key: String) -> HTTPProblem {
        switch result {
        case .decided, .unknown: return HTTPProblem(.notFound, "There is no such ask.")
        case .notAllowed(let ask):
            return HTTPProblem(
                .forbidden, "You may not answer `\(ask.id)`: that is for \(ask.answerer).")
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
    /// The open asks that somebody may answer, oldest first, with their threads; of very many the oldest.
    func asksWaiting(for principal: Principal, at now: Int64) throws -> [(AskRecord, SessionRecord)] {
        var waiting: [(AskRecord, SessionRecord)] = []
        for ask in try self.openAsks(for: principal.visitor, at: now)
        where principal.mayAnswer(ask, with: .join) {
            // Each thread is a look into the store, and nobody answers so many.
            guard waiting.count < 1_000 else { break }
            guard let session = try self.session(id: ask.session, for: principal.visitor, to: .join, at: now) else {
                continue
            }
            waiting.append((ask, session))
        }
        return waiting
    }
}

extension Ledger {
    /// Whether a client of the Model Context Protocol must not put the ask to its person: one about what such clients and
    /// servers may do, and one that a message through such a client has caused.
    func isForPeopleOnly(_ ask: AskRecord) throws -> Bool {
        if ask.kind.rawValue == "extension" { return true }
        guard let message = try self.turn(id: ask.turn)?.message else { return false }
        return try self.message(id: message)?.author?.hasSuffix(" via \(MCPCall.via)") ?? false
    }
}

extension AskRecord {
    /// Who may answer it.
    fileprivate var answerer: String {
        switch self.rule {
        case .otherOwners: "an owner other than the person who asked"
        case .owners: "an owner"
        case .members: "a member or an owner"
        case .requester, .asker: "the person who asked, or an owner"
        }
    }

    /// The same for somebody who is no owner.
    private var answererForOthers: String { self.rule == .otherOwners ? "an owner" : self.answerer }

    fileprivate func answerer(for principal: Principal) -> String {
        principal.role == .owner ? self.answerer : self.answererForOthers
    }

    fileprivate var choices: [API.AskOption] {
        self.options.map { API.AskOption(key: $0.key, label: $0.label, recommended: $0.isRecommended) }
    }
}

extension API.Ask {
    init(_ ask: AskRecord, for principal: Principal, with right: ThreadRight?) {
        self.init(
            id: ask.id, kind: ask.kind, text: ask.text, options: ask.choices,
            expiresAt: Timestamp(milliseconds: ask.expiresAt), canAnswer: principal.mayAnswer(ask, with: right),
            waitsFor: ask.answerer(for: principal))
    }
}

extension API.WaitingAsk {
    /// With what tells asks of several threads apart.
    init(_ ask: AskRecord, for principal: Principal, with right: ThreadRight?, in session: SessionRecord) {
        self.init(
            ask: API.Ask(ask, for: principal, with: right), threadID: session.id, title: session.shownTitle,
            askedBy: ask.asker)
    }
}

extension API.AskDecision {
    init(_ ask: AskRecord) {
        self.init(
            id: ask.id, answer: ask.answer, outcome: ask.outcome, text: ask.reason,
            decidedBy: ask.decider?.displayName, decidedAt: ask.decidedAt.map { Timestamp(milliseconds: $0) })
    }
}
