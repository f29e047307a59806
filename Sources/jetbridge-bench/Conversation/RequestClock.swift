internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

/// A model that answers each of several programs at once and knows when they asked. The first part of the path names the
/// program; `/NAME/v1` is its base URL.
final class RequestClock: HTTPDispatcher {
    /// What a program asked last.
    struct Request: Sendable {
        /// In microseconds since 1970.
        let time: Int64
        let body: [UInt8]
        /// How many it has asked so far.
        let number: Int
    }

    private let last = Protected<[String: Request]>([:])
    private let answer: @Sendable (Int) -> HTTPServerResponse

    /// - Parameter answer: The answer to a program's request by its number, from 1.
    init(answer: @escaping @Sendable (Int) -> HTTPServerResponse) { self.answer = answer }

    /// One that answers as quickly as it can.
    convenience init() {
        let instant = BenchModelServer.answer("instant")
        self.init { _ in instant }
    }

    /// Starts serving on a port of its own.
    func start() async throws -> HTTPServer {
        var settings = HTTPServerSettings(port: 0)
        settings.bodyLimit = 64 << 20
        let server = HTTPServer(settings, name: "model", logger: Logger(label: "model"), dispatcher: self)
        try await server.start()
        return server
    }

    /// Nil until it has asked.
    func lastRequest(of program: String) -> Request? { self.last.withLock { $0[program] } }

    func dispatch(_ head: RequestHead) -> HTTPDispatch {
        HTTPDispatch(
            .loop { request in
                guard request.method == .post else { return .json(BenchModelServer.models) }
                let body = try await request.body.collect()
                let time = BenchClock.microseconds()
                let program = request.path.split(separator: "/").first.map(String.init) ?? ""
                let number = self.last.withLock { last in
                    let number = (last[program]?.number ?? 0) + 1
                    last[program] = Request(time: time, body: body, number: number)
                    return number
                }
                return self.answer(number)
            })
    }
}
