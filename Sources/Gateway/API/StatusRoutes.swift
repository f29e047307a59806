internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// Health, readiness and metrics, for monitoring.
struct StatusRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/healthz", operation: "health", summary: "Whether the process is serving.",
                access: .open,
                answers: [.init(status: .ok, description: "It is.", schema: "Health")],
                handle: { _ in .json(["status": "ok"]) }),
            APIRoute(
                method: .get, pattern: "/readyz", operation: "readiness",
                summary: "Whether the store, the model and at least one of the configured networks work.",
                access: .open,
                answers: [
                    .init(status: .ok, description: "They work.", schema: "Readiness"),
                    .init(
                        status: .serviceUnavailable, description: "One of them fails, or the host is stopping.",
                        schema: "Readiness"),
                ], handle: { _ in await self.readiness() }),
            APIRoute(
                method: .get, pattern: "/metrics", operation: "metrics", summary: "Metrics for Prometheus.",
                access: .open,
                answers: [.init(status: .ok, description: "Text format 0.0.4.", type: "text/plain")],
                handle: { _ in await self.metrics() }),
        ]
    }

    private func readiness() async -> HTTPServerResponse {
        let checks = await self.context.readiness.checks()
        let states = self.context.bridge.adapters.all.map { ($0.id, $0.status) }
        let adapters = states.map { id, status -> (String, JSON) in
            (
                id.rawValue,
                [
                    "state": .string(status.state.rawValue),
                    "since": .string(CivilTime(milliseconds: status.since).rfc3339),
                    "last_event": status.lastEvent.map { .string(CivilTime(milliseconds: $0).rfc3339) } ?? .null,
                    "detail": status.detail.map { .string($0) } ?? .null,
                ]
            )
        }
        // Another host has the others.
        let own = states.filter { $0.0 != WebAdapter.adapterID && self.context.store.held.contains(.network($0.0)) }
        let status = HostReadiness.status(
            checks, networks: own.map(\.1.state), isStopping: self.context.bridge.isStopping)
        var members: JSONObject = [
            "store": .string(checks.store ?? "ok"), "model": .string(checks.model ?? "ok"),
            "jail": .string(checks.jail ?? "ok"), "adapters": .object(JSONObject(members: adapters)),
        ]
        if let cluster = checks.cluster {
            members["cluster"] = .string(cluster.connection ?? "ok")
            members["leases"] = .string(cluster.lease ?? "ok")
        }
        let document: JSON = ["status": .string(status.rawValue), "checks": .object(members)]
        return .json(document, status == .ok ? .ok : .serviceUnavailable)
    }

    private func metrics() async -> HTTPServerResponse {
        HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(await self.context.bridge.exposition().utf8)))
    }
}
