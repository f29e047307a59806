internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON

/// The hosts of a cluster.
struct HostRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/hosts", operation: "listHosts",
                summary:
                    "The hosts that share this one's database, and what each serves; only this one without a cluster.",
                access: .scopes([.admin], from: .owner),
                answers: [.init(status: .ok, description: "The hosts, by name.", schema: "HostPage")],
                handle: { _ in .json(["items": .array(try await self.context.settings.hosts())]) })
        ]
    }
}
