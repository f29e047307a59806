internal import Chat
internal import HTTP
internal import HTTPServer

/// The hosts of a cluster.
enum HostRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/hosts", "listHosts",
            "The hosts that share this one's database, and what each serves; only this one without a cluster.",
            .administration, success: (.ok, "The hosts, by name.")
        ) { (context, _: PlainCall) in API.List(items: try await context.settings.hosts()) }
    ]
}
