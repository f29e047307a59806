internal import HTTP
package import HTTPServer
internal import Primitives
package import Store

/// A path to which a platform delivers its events, bypassing the gateway's credentials. `respond` gets the whole body, and
/// must verify the platform's signature or secret before anything else.
package struct GatewayHook: Sendable {
    /// The usual maximum size of one delivery, in bytes.
    package static let bodyLimit = 1 << 20

    /// Such as `/hooks/slack/team`.
    package let path: String
    /// Whose host takes the deliveries.
    private let place: Place
    /// The maximum size of one delivery, in bytes.
    private let bodyLimit: Int
    /// Each hook has a room of its own, so that nobody can keep deliveries of other platforms out by filling it.
    private let room: HookRoom
    private let respond: @Sendable (HTTPServerRequest) async -> HTTPServerResponse

    package init(
        path: String, of place: Place, bodyLimit: Int = Self.bodyLimit,
        respond: @escaping @Sendable (HTTPServerRequest) async -> HTTPServerResponse
    ) {
        self.path = path
        self.place = place
        self.bodyLimit = bodyLimit
        self.room = HookRoom(limit: max(16 << 20, 2 * bodyLimit))
        self.respond = respond
    }

    func dispatch(_ head: RequestHead, headers: SecurityHeaders, forwarder: Forwarder? = nil) -> HTTPDispatch {
        guard head.method == .post else {
            return HTTPDispatch(
                .immediate { _ in
                    var response = HTTPServerResponse.problem(
                        HTTPProblem(
                            .methodNotAllowed, "Deliver events here with POST.", headers: ["Allow": "POST"]))
                    headers.apply(to: &response)
                    return response
                })
        }
        let (respond, place, room, limit) = (self.respond, self.place, self.room, self.bodyLimit)
        return HTTPDispatch(
            .pool { request in
                var response: HTTPServerResponse
                do {
                    response = try await room.taking(request, upTo: limit) { request in
                        switch try await forwarder?.pass(request, about: place) ?? .here(request) {
                        case .answered(let answer): answer
                        case .here(let request): await respond(request)
                        }
                    }
                } catch let problem as HTTPProblem {
                    response = .problem(problem)
                }
                headers.apply(to: &response)
                return response
            }, bodyLimit: self.bodyLimit)
    }
}

/// The memory of a hook's deliveries, whose senders are known only once a body has been read and its signature is right.
struct HookRoom: Sendable {
    /// In bytes, of all together and of those from one address.
    let (all, each): (RequestBudget, RequestBudget)
    private let patience: Duration
    private let grace: Duration
    /// Oldest first.
    private let arriving = Protected<[Arrival]>([])
    /// A body is charged in steps of so many bytes, as it arrives: a length that is only declared takes no memory.
    private static let step = 4 << 10

    /// A body that has not arrived yet.
    private struct Arrival {
        let peer: String
        let start = ContinuousClock.now
        /// Given when it has to go.
        let end = Signal()
    }

    /// - Parameters:
    ///   - wait: How long a delivery waits for room.
    ///   - patience: How long it may take. Platforms give up after 3 to 10 seconds.
    ///   - grace: How long its body may take while others wait for room.
    init(
        limit: Int, wait: Duration = .seconds(5), patience: Duration = .seconds(30), grace: Duration = .seconds(3)
    ) {
        self.all = RequestBudget(limit: limit, patience: wait)
        self.each = RequestBudget(limit: limit / 2, patience: wait)
        self.patience = patience
        self.grace = grace
    }

    /// Calls `body` with the request once its own body has arrived. Throws ``HTTPProblem`` with 503 where too many
    /// deliveries are under way, and with 408 for one that takes too long.
    func taking(
        _ request: HTTPServerRequest, upTo limit: Int,
        _ body: @escaping @Sendable (HTTPServerRequest) async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        let response = try await withDeadline(self.patience) { () async throws -> HTTPServerResponse in
            let (bytes, shares) = try await self.collected(request, upTo: limit)
            defer { withExtendedLifetime(shares) {} }
            return try await body(
                HTTPServerRequest(
                    head: request.head, body: RequestBody(bytes), remoteAddress: request.remoteAddress,
                    parameters: request.parameters))
        }
        guard let response else {
            throw HTTPProblem(HTTPStatus(408), "The delivery did not arrive in time. Send it again.")
        }
        return response
    }

    private static let crowded = HTTPProblem(
        .serviceUnavailable, "Too many deliveries are under way. Send this one again.", headers: ["Retry-After": "5"])

    /// The body, unless it has to go while it arrives.
    private func collected(
        _ request: HTTPServerRequest, upTo limit: Int
    ) async throws -> (bytes: [UInt8], shares: [RequestShare]) {
        let arrival = Arrival(peer: SignInRoutes.peer(of: request).name)
        self.arriving.withLock { $0.append(arrival) }
        defer { self.arriving.withLock { $0.removeAll { $0.end === arrival.end } } }
        return try await withThrowingTaskGroup { group in
            group.addTask { try await self.collect(request, from: arrival.peer, upTo: limit) }
            group.addTask {
                await arrival.end.wait()
                throw Self.crowded
            }
            defer { group.cancelAll() }
            guard let body = try await group.next() else { throw CancellationError() }
            return body
        }
    }

    /// Ends the body that has been arriving for longest, of one address or of all: whoever sends slowly on purpose keeps
    /// nobody out.
    private func makeRoom(of peer: String?) {
        let slow = self.arriving.withLock { arriving -> Arrival? in
            guard let index = arriving.firstIndex(where: { peer == nil || $0.peer == peer }),
                arriving[index].start.duration(to: .now) > self.grace
            else { return nil }
            return arriving.remove(at: index)
        }
        slow?.end.signal()
    }

    private func reserve(_ bytes: Int, for peer: String) async throws -> [RequestShare] {
        do {
            if !self.each.hasRoom(bytes, for: peer) { self.makeRoom(of: peer) }
            let share = try await self.each.reserve(bytes, for: peer)
            if !self.all.hasRoom(bytes, for: "") { self.makeRoom(of: nil) }
            return [share, try await self.all.reserve(bytes, for: "")]
        } catch is HTTPProblem {
            throw Self.crowded
        }
    }

    private func collect(
        _ request: HTTPServerRequest, from peer: String, upTo limit: Int
    ) async throws -> (bytes: [UInt8], shares: [RequestShare]) {
        var bytes: [UInt8] = []
        var shares: [RequestShare] = []
        var charged = 0
        for try await piece in request.body {
            guard bytes.count + piece.count <= limit else {
                throw HTTPProblem(.contentTooLarge, "The delivery is longer than \(limit) bytes.")
            }
            let missing = bytes.count + piece.count - charged
            if missing > 0 {
                let more = (missing + Self.step - 1) / Self.step * Self.step
                shares += try await self.reserve(more, for: peer)
                charged += more
            }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        return (bytes, shares)
    }
}
