internal import Chat
internal import Delivery
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Metrics
internal import Schemas
internal import Sessions

/// Health, readiness and metrics, for monitoring.
struct StatusRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/healthz", "health", "Whether the process is serving.", .open, success: (.ok, "It is.")
        ) { (_, _: PlainCall) in API.Health(status: "ok") },
        APIRoute(
            .get, "/readyz", "readiness",
            "Whether the store, the model and at least one of the configured networks work.",
            .open,
            answers: [
                .json(API.Readiness.self, "They work."),
                .json(API.Readiness.self, .serviceUnavailable, "One of them fails, or the host starts or stops."),
            ]
        ) { (context, _: PlainCall) in try await Self(context: context).readiness() },
        APIRoute(
            .get, "/metrics", "metrics", "Metrics for Prometheus.", .open,
            answers: [.other(.plain, "Text format 0.0.4.")]
        ) { (context, _: PlainCall) in await Self(context: context).metrics() },
        APIRoute(
            .get, "/api/v1/openapi.json", "openapi", "The OpenAPI document.", .open,
            answers: [.json(JSON.self, "This document.")]
        ) { (context, call: PlainCall) in context.document.response(to: call.http) },
    ]

    private func readiness() async throws -> HTTPServerResponse {
        let checks = await self.context.readiness.checks()
        let states = self.context.bridge.adapters.all.map { ($0.id, $0.status) }
        let adapters = states.map { id, status in
            (
                id.rawValue,
                API.AdapterState(
                    state: status.state, since: Timestamp(milliseconds: status.since),
                    lastEvent: status.lastEvent.map { Timestamp(milliseconds: $0) }, detail: status.detail)
            )
        }
        let isHandingOver = self.context.bridge.isHandingOver
        // A host of a cluster serves every thread whichever host has the networks, also while it takes one over.
        let decideNetworks = !isHandingOver && checks.cluster == nil
        let networks = states.filter { $0.0 != WebAdapter.adapterID }.map(\.1.state)
        let status = HostReadiness.status(
            checks, networks: decideNetworks ? networks : [],
            isStopping: self.context.bridge.isStopping && !isHandingOver)
        let readiness = API.Readiness(
            status: status,
            checks: API.Checks(
                store: checks.store ?? "ok", model: checks.model ?? "ok", jail: checks.jail ?? "ok",
                adapters: Dictionary(adapters, uniquingKeysWith: { first, _ in first }),
                objects: checks.objects.map { $0.problem ?? "ok" },
                cluster: checks.cluster.map { $0.connection ?? "ok" }, leases: checks.cluster.map { $0.lease ?? "ok" }))
        return .json(encoding: readiness, status == .ok ? .ok : .serviceUnavailable)
    }

    private func metrics() async -> HTTPServerResponse {
        HTTPServerResponse(
            .ok, headers: ["Content-Type": "text/plain; version=0.0.4; charset=utf-8"],
            body: .bytes(Array(await self.context.bridge.exposition().utf8)))
    }
}
