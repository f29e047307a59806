internal import Analytics
internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Store
internal import Threads

/// What was used and what it cost.
struct AnalyticsRoutes: Sendable {
    static let csv = MediaType(parsing: "text/csv") ?? .plain

    /// One query at a time of a person, in GraphQL too: each may hold up the reads of others.
    static let turns = RequestBudget(limit: 1, patience: .seconds(60))
    /// Milliseconds for which records are read that the sums by hour and day do not replace: a year, however long it is.
    private static let unsummedLimit: Int64 = 367 * 86_400_000

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/analytics", "analytics",
            "What was used and what it cost (an estimate), by up to two keys; owners see everything, others what is theirs. "
                + "With `Accept: text/csv` a table.", .reading(from: .guest),
            query: API.AnalyticsQuery.self, answerMemory: 4 * APIRoute.pageMemory,
            answers: [
                .json(API.Analytics.self, "The sums, and those of all."), .other(Self.csv, "The items as a table."),
                .badRequest("A parameter cannot be read."),
            ]
        ) { (context, call: APICall<API.AnalyticsQuery, API.Nothing>) in
            let (principal, query) = (try call.person(), call.query)
            let turn = try await Self.turns.reserve(1, for: principal.identity)
            defer { withExtendedLifetime(turn) {} }
            let table: AnalyticsTable
            do {
                table = try await context.store.read { ledger in
                    try Self.table(query, for: principal, in: context, ledger)
                }
            } catch let problem as AnalyticsQuery.Problem {
                throw HTTPProblem(.badRequest, "`\(problem.parameter)`: \(problem)")
            }
            guard call.http.headers.list(of: "accept").contains(where: { $0.hasPrefix(Self.csv.essence) }) else {
                return try .json(table.json, .ok)
            }
            return HTTPServerResponse(.ok, Self.csv, bytes: Array(table.csv.utf8))
        }
    ]

    /// Throws ``AnalyticsQuery/Problem``.
    ///
    /// - Parameter reads: Counts the days that are read from records; nil for a request that asks for nothing else.
    static func table(
        _ query: API.AnalyticsQuery, for principal: Principal, in context: GatewayContext, _ ledger: Ledger,
        counting reads: ReadBudget? = nil
    ) throws -> AnalyticsTable {
        let query = try AnalyticsQuery(
            from: query.from, to: query.to, by: query.by, zone: query.zone, now: context.now(),
            of: principal.seesEverything ? nil : .user(principal.identity))
        let prices = context.environment.settings.analytics.prices
        let length = query.range.upperBound - query.range.lowerBound
        let hasSums = ledger.hasSums(of: query, prices: prices)
        guard length <= Self.unsummedLimit || hasSums else {
            throw AnalyticsQuery.Problem(
                parameter: "from",
                description:
                    "At most a year can be read at once by thread or tool, by two of user, repository, network and "
                    + "persona (what is only yours is by user), or by days that do not begin with an hour of UTC; ask "
                    + "for less.")
        }
        if !hasSums { reads?.count(Int(length / 86_400_000) * ReadBudget.day) }
        return try ledger.analytics(query, prices: prices, limit: 20_000)
    }
}
