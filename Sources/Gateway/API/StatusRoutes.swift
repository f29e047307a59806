internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

/// How the host is, for whoever watches over it.
struct StatusRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/healthz", operation: "health", summary: "Whether the process serves.",
                access: .open,
                answers: [.init(status: .ok, description: "It does.", schema: "Health")],
                handle: { _ in .json(["status": "ok"]) }),
            APIRoute(
                method: .get, pattern: "/readyz", operation: "readiness", summary: "Whether store and model work.",
                access: .open,
                answers: [
                    .init(status: .ok, description: "They do.", schema: "Readiness"),
                    .init(status: .serviceUnavailable, description: "One does not.", schema: "Readiness"),
                ], handle: { _ in await self.readiness() }),
            APIRoute(
                method: .get, pattern: "/metrics", operation: "metrics", summary: "Figures for Prometheus.",
                access: .open,
                answers: [.init(status: .ok, description: "Text format 0.0.4.", type: "text/plain")],
                handle: { _ in await self.metrics() }),
        ]
    }

    private func readiness() async -> HTTPServerResponse {
        let checks = await self.context.readiness.checks()
        let adapters = self.context.bridge.adapters.all.map { adapter -> (String, JSON) in
            let status = adapter.status
            return (
                adapter.id.rawValue,
                [
                    "state": .string(status.state.rawValue), "since": .string(Timestamp.text(status.since)),
                    "last_event": status.lastEvent.map { .string(Timestamp.text($0)) } ?? .null,
                    "detail": status.detail.map { .string($0) } ?? .null,
                ]
            )
        }
        let isReady = checks.isReady
        let document: JSON = [
            "status": isReady ? "ok" : "unavailable",
            "checks": [
                "store": .string(checks.store ?? "ok"), "model": .string(checks.model ?? "ok"),
                "jail": .string(checks.jail ?? "ok"), "adapters": .object(JSONObject(members: adapters)),
            ],
        ]
        return .json(document, isReady ? .ok : .serviceUnavailable)
    }

    private func metrics() async -> HTTPServerResponse {
        HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(await self.context.bridge.exposition().utf8)))
    }
}
