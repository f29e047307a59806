internal import Audit
internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

/// The audit, for owners.
struct AuditRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/audit", operation: "listAudit",
                summary: "The audit, newest row first. `jetbridge audit verify` checks its hashes.",
                access: .scopes([.admin], from: .owner), parameters: [.cursor, .limit(50, most: 200)],
                answerMemory: APIRoute.anyMemory,
                answers: [
                    .init(status: .ok, description: "A page.", schema: "AuditPage"),
                    .init(status: .badRequest, description: "An invalid limit or cursor.", schema: "Problem"),
                ], handle: { try await self.list($0) })
        ]
    }

    private func list(_ request: APIRequest) async throws -> HTTPServerResponse {
        let limit = try request.limit(default: 50, most: 200)
        let cursor = try request.cursor(Int64.init)
        let page = try await AuditReader(self.context.store.database).page(after: cursor.map(String.init), limit: limit)
        return .json([
            "items": .array(page.rows.map(\.json)), "next_cursor": page.next.map { .string($0) } ?? .null,
        ])
    }
}
