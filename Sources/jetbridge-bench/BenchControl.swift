internal import EventLoop
internal import HTTPServer
internal import JSON
internal import Logging

/// Controls a stand-in by HTTP during a measurement: a POST of a JSON object to `/NAME`.
struct BenchControl: HTTPDispatcher {
    /// Carries out an order and returns its result; throws `HTTPProblem` for an unknown one.
    typealias Orders = @Net @Sendable (_ name: String, _ order: JSON) async throws -> JSON

    private let orders: Orders

    /// Starts listening on `port`; 0 picks a free one.
    static func started(port: UInt16, _ orders: @escaping Orders) async throws -> HTTPServer {
        let server = HTTPServer(
            HTTPServerSettings(port: port), name: "control", logger: Logger(label: "control"),
            dispatcher: BenchControl(orders: orders))
        try await server.start()
        return server
    }

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        HTTPDispatch(
            .loop { request in
                let body = try await request.body.collect()
                let order = body.isEmpty ? JSON.object(JSONObject()) : try JSON.parse(body)
                return .json(try await self.orders(String(request.path.dropFirst()), order))
            })
    }
}

extension HTTPServer {
    /// The base URL of orders.
    var controlURL: String { "http://127.0.0.1:\(self.boundAddress?.port ?? 0)" }
}
