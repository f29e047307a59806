internal import Chat
internal import HTTP
internal import HTTPServer
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// What people say of answers.
struct RatingRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .put, "/api/v1/operations/{id}/rating", "rateOperation",
            "Says whether an answer was good, in place of what you said before. Answers are counted by model and persona.",
            .writing, body: API.Rating.self,
            answers: [.empty("It is noted."), .notFound("No such answer.")]
        ) { try await Self(context: $0).rate($1) },
        APIRoute(
            .get, "/api/v1/ratings", "listRatings",
            "What was said of answers, the newest first: owners see what everybody said, others what they said.",
            .reading(from: .guest), query: API.RatingQuery.self, answerMemory: APIRoute.anyMemory,
            success: (.ok, "The ratings.")
        ) { try await Self(context: $0).ratings($1) },
    ]

    private func ratings(_ call: APICall<API.RatingQuery, API.Nothing>) async throws -> API.List<API.RatedAnswer> {
        let (principal, query) = (try call.person(), call.query)
        let person = principal.seesEverything && query.mine != true ? nil : principal.identity
        return try await self.context.store.read { ledger in
            let names = try person == nil ? OwnerNames(in: ledger) : OwnerNames()
            let rated = try ledger.ratings(of: query.thread, by: person, limit: query.limit ?? 50)
            return API.List(
                items: rated.map { rated in
                    API.RatedAnswer(
                        operationID: rated.turn, threadID: rated.session, title: rated.title, person: rated.person,
                        name: names.name(of: rated.person), value: rated.rating == .up ? .up : .down,
                        word: rated.word, model: rated.model, persona: rated.persona,
                        at: Timestamp(milliseconds: rated.at))
                })
        }
    }

    private func rate(_ call: APICall<API.Nothing, API.Rating>) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let id = call.id
        let turn = try await self.context.store.read { ledger in try ledger.turn(id: id) }
        guard let turn else { throw Problems.missing("answer") }
        let thread = try await self.context.session(turn.session, for: principal, to: .join, naming: "answer").key
        let rating: Rating? =
            switch call.body.value {
            case .up: .up
            case .down: .down
            case .none: nil
            }
        guard
            try await self.context.bridge.rate(rating, call.body.word, turn: id, in: thread, by: principal.sender)
        else { throw Problems.missing("answer") }
        return HTTPServerResponse(.noContent)
    }
}
