internal import Audit
internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Schemas
internal import Store
internal import Threads

/// The audit, for owners.
enum AuditRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/audit", "listAudit",
            "The audit, newest row first. `jetbridge audit verify` checks its hashes.", .administration,
            query: API.AuditQuery.self, answerMemory: APIRoute.anyMemory, success: (.ok, "A page.")
        ) { (context, call: APICall<API.AuditQuery, API.Nothing>) in
            let cursor = try API.number(call.query.cursor)
            let page = try await AuditReader(context.store.database)
                .page(after: cursor.map(String.init), limit: call.query.limit ?? 50)
            return API.Page(page.rows.map(API.AuditRow.init), next: page.next)
        }
    ]
}

extension API.AuditRow {
    init(_ row: AuditRow) {
        self.number = row.number
        self.at = Timestamp(milliseconds: row.at)
        self.kind = row.kind
        self.session = row.session
        self.turn = row.turn
        self.actor = row.actor
        // Text that is no longer JSON was changed from outside; `audit verify` reports it.
        self.details = (try? JSON.parse(Array(row.details.utf8))) ?? .string(row.details)
        self.previous = row.previous
        self.hash = row.hash
    }
}
