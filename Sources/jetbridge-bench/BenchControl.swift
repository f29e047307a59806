internal import EventLoop
internal import HTTPServer
internal import JSON
internal import Logging

/// What somebody who measures asks a stand-in to do, by HTTP: a POST of a JSON object to `/NAME`.
struct BenchControl: HTTPDispatcher {
    /// Carries out one order and says what came of it; throws `HTTPProblem` for one that it doesn't know.
    typealias Orders = @Net @Sendable (_ name: String, _ order: JSON) async throws -> JSON

    private let orders: Orders

    /// Begins to listen on `port`; 0 picks a free one.
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
    /// Its address as a base for orders.
    var controlURL: String { "http://127.0.0.1:\(self.boundAddress?.port ?? 0)" }
}
