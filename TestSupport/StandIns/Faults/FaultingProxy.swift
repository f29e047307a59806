package import EventLoop
package import HTTP
internal import HTTPClient
internal import HTTPServer
package import JSON

/// A reverse proxy on loopback in front of an HTTP server, with the faults of networks and busy servers.
///
/// ```swift
/// let proxy = try await FaultingProxy.started(before: synapse.url)
/// let lost = proxy.inject(.loseAnswer, for: HTTPFaultRule(.put, infix: "/send/m.room.message/"))
/// // … a person sends a message through proxy.url …
/// try await proxy.wait(for: lost)
/// await proxy.stop()
/// ```
@Net package final class FaultingProxy {
    /// A request, whatever its outcome.
    package struct Request: Sendable {
        package let method: HTTPMethod
        /// Path and query as received.
        package let target: String
        package let time: ContinuousClock.Instant
        /// The status sent to the client; nil while the request is open or if none was sent.
        package internal(set) var status: Int?
    }

    /// Identifies an injected fault.
    package struct FaultID: Sendable, Hashable {
        fileprivate let number: Int
    }

    private struct Injection {
        let id: FaultID
        let fault: HTTPFault
        var rule: HTTPFaultRule
    }

    private let upstream: HTTPURL
    private let client: HTTPClient
    private var server: HTTPServer?
    private var injections: [Injection] = []
    private var hits: [FaultID: Int] = [:]
    private var lastID = 0
    private var round = 0
    private var isAway = false
    private var rewriting: (rule: HTTPFaultRule, change: @Sendable (JSON) -> JSON)?
    private var underWay: [Int: Task<HTTPServerResponse, any Error>] = [:]
    private let changed = WaitList()
    package private(set) var requests: [Request] = []
    private var firstRequest = 0
    /// `http://127.0.0.1:PORT`
    package private(set) var url: HTTPURL

    // MARK: Life

    /// Starts one on `port`; 0 picks a free one.
    package static func started(before upstream: HTTPURL, port: Int = 0) async throws -> FaultingProxy {
        let proxy = FaultingProxy(upstream)
        var settings = HTTPServerSettings.standIn(port: UInt16(port), bodyLimit: 256 << 20)
        settings.deadlines.drain = .milliseconds(50)
        let server = HTTPServer(settings, name: "faulting proxy", logger: .silent) { [weak proxy] request in
            guard let proxy else { throw CancellationError() }
            return try await proxy.answer(request)
        }
        try server.start()
        proxy.server = server
        proxy.url = try HTTPURL(server.loopbackURL)
        return proxy
    }

    private init(_ upstream: HTTPURL) {
        self.upstream = upstream
        self.url = upstream
        var settings = HTTPClientSettings()
        settings.idleTimeout = nil
        self.client = HTTPClient(settings)
    }

    /// Stops it and cancels the current requests.
    package func stop() async {
        self.setAway(true)
        await self.server?.stop()
        self.server = nil
    }

    // MARK: Faults

    /// From now on matching requests meet `fault`; faults injected earlier take precedence.
    @discardableResult
    package func inject(_ fault: HTTPFault, for rule: HTTPFaultRule = HTTPFaultRule()) -> FaultID {
        self.lastID += 1
        let id = FaultID(number: self.lastID)
        self.injections.append(Injection(id: id, fault: fault, rule: rule))
        return id
    }

    /// Changes every JSON answer to a matching request, even if a fault applies to it.
    package func setRewriting(_ rule: HTTPFaultRule, _ change: @escaping @Sendable (JSON) -> JSON) {
        self.rewriting = (rule, change)
    }

    package func remove(_ id: FaultID) { self.injections.removeAll { $0.id == id } }

    /// Removes all faults and releases held requests.
    package func clear() {
        self.injections = []
        self.isAway = false
        self.release()
    }

    /// Releases held requests.
    package func release() {
        self.round += 1
        self.changed.wakeAll()
    }

    /// While away, it ends every connection without an answer, including those of current requests.
    package func setAway(_ isAway: Bool) {
        self.isAway = isAway
        if isAway { self.cutAll() }
    }

    /// Ends the connections of all current requests, once.
    package func cutAll() {
        for task in self.underWay.values { task.cancel() }
    }

    /// The number of requests whose answer is not begun; a client that gives up takes its own back.
    package var waitingRequests: Int { self.underWay.count }

    /// The number of times a fault was met.
    package func count(of id: FaultID) -> Int { self.hits[id] ?? 0 }

    /// Waits until a fault was met `count` times.
    package func wait(for id: FaultID, count: Int = 1, within limit: Duration = .seconds(20)) async throws {
        try await self.wait(within: limit, for: "a fault to be met") { $0.count(of: id) >= count }
    }

    /// Waits until the requests satisfy `isMet`.
    package func wait(
        within limit: Duration = .seconds(20), for what: String, until isMet: @Net (FaultingProxy) -> Bool
    ) async throws {
        var isOver = false
        let timer = EventLoop.shared.schedule(after: limit) {
            isOver = true
            self.changed.wakeAll()
        }
        defer { timer.cancel() }
        while !isMet(self) {
            guard !isOver else { throw Failure(description: "the proxy timed out waiting for \(what)") }
            try await self.changed.wait()
        }
    }

    /// The expected requests did not come.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    // MARK: Requests

    private func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let number = self.note(request)
        // Unstructured, so that it can be cancelled from outside; a client that disconnects cancels it, too.
        let task = Task { @Net in try await self.meet(request) }
        self.underWay[number] = task
        defer { self.underWay[number] = nil }
        if self.isAway { task.cancel() }
        let response = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
        self.set(response.status.code, of: number)
        return response
    }

    private func note(_ request: HTTPServerRequest) -> Int {
        if self.requests.count >= 20_000 {
            self.requests.removeFirst(10_000)
            self.firstRequest += 10_000
        }
        self.requests.append(Request(method: request.method, target: request.target, time: .now))
        self.changed.wakeAll()
        return self.firstRequest + self.requests.count - 1
    }

    private func set(_ status: Int, of number: Int) {
        guard number >= self.firstRequest else { return }
        self.requests[number - self.firstRequest].status = status
        self.changed.wakeAll()
    }

    private func nextFault(
        for request: HTTPServerRequest, _ body: [UInt8]?
    ) -> (fault: HTTPFault, id: FaultID)? {
        for index in self.injections.indices {
            guard self.injections[index].rule.fits(request.method, request.target),
                self.injections[index].rule.fits(body ?? [])
            else { continue }
            if self.injections[index].rule.skip > 0 {
                self.injections[index].rule.skip -= 1
                continue
            }
            let injection = self.injections[index]
            if let count = injection.rule.count {
                if count <= 1 {
                    self.injections.remove(at: index)
                } else {
                    self.injections[index].rule.count = count - 1
                }
            }
            if case .holdAnswer = injection.fault { return (injection.fault, injection.id) }
            self.noteHit(injection.id)
            return (injection.fault, injection.id)
        }
        return nil
    }

    private func noteHit(_ id: FaultID) {
        self.hits[id, default: 0] += 1
        self.changed.wakeAll()
    }

    /// A cancellation error ends the client's connection without an answer.
    private func meet(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        try Task.checkCancellation()
        var request = request
        let isContentAskedFor = self.injections.contains {
            $0.rule.content != nil && $0.rule.fits(request.method, request.target)
        }
        let body = isContentAskedFor ? try await request.body.collect() : nil
        if let body { request = HTTPServerRequest(head: request.head, body: RequestBody(body)) }
        let met = self.nextFault(for: request, body)
        switch met?.fault {
        case nil: return try await self.pass(request)
        case .answer(let status, let headers, let body):
            // Unless the body is read, the connection cannot be reused.
            _ = try await request.body.collect()
            var answer = body.isNull ? HTTPServerResponse(status) : .json(body, status)
            for (name, value) in headers { answer.headers.append(name, value) }
            return answer
        case .cut: throw CancellationError()
        case .loseAnswer:
            _ = try await self.forward(request).body.collect(upTo: .max)
            throw CancellationError()
        case .cutAnswer(let count): return Self.response(try await self.forward(request), cutAfter: count)
        case .hold:
            try await self.waitForRelease()
            return try await self.pass(request)
        case .holdAnswer:
            let response = try await self.pass(request)
            // Only now: whoever waits for the fault may cut the connection, and the server has to have done its work.
            if let met { self.noteHit(met.id) }
            try await self.waitForRelease()
            return response
        case .delay(let duration):
            try await EventLoop.shared.sleep(for: duration)
            return try await self.pass(request)
        case .rewrite(let change): return try await self.forward(request, change)
        }
    }

    private func waitForRelease() async throws {
        let round = self.round
        while self.round == round { try await self.changed.wait() }
    }

    // MARK: Forwarding

    private func pass(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        if let (rule, change) = self.rewriting, rule.fits(request.method, request.target) {
            return try await self.forward(request, change)
        }
        return Self.response(try await self.forward(request))
    }

    private func forward(
        _ request: HTTPServerRequest, _ change: @Sendable (JSON) -> JSON
    ) async throws -> HTTPServerResponse {
        let response = try await self.forward(request)
        let bytes = try await response.body.collect(upTo: 256 << 20)
        guard let json = try? JSON.parse(bytes) else { throw Failure(description: "an answer is not JSON") }
        var answer = HTTPServerResponse(response.status, body: .bytes(change(json).bytes))
        answer.headers = Self.endToEnd(response.headers)
        return answer
    }

    private func forward(_ request: HTTPServerRequest) async throws -> HTTPClientResponse {
        let target = self.upstream.path == "/" ? request.target : self.upstream.path + request.target
        var onward = HTTPClientRequest(request.method, try HTTPURL(self.upstream.origin + target))
        onward.headers = Self.endToEnd(request.headers)
        if let bytes = request.body.arrived {
            // A request without a body must not gain an empty one.
            if !bytes.isEmpty || request.headers.contains("Content-Length") { onward.body = .bytes(bytes) }
        } else {
            onward.body = .stream(length: request.headers["Content-Length"].flatMap { Int($0) }) { writer in
                for try await bytes in request.body { try await writer.write(bytes) }
            }
        }
        do {
            return try await self.client.execute(onward)
        } catch is HTTPClientError {
            // The upstream is away, so the proxy behaves as if it were, too.
            throw CancellationError()
        }
    }

    /// `cutAfter`: ends the connection after this many bytes of the body.
    private nonisolated static func response(_ response: HTTPClientResponse, cutAfter: Int? = nil) -> HTTPServerResponse
    {
        var answer = HTTPServerResponse(response.status)
        answer.headers = Self.endToEnd(response.headers)
        if let length = response.headers["Content-Length"] { answer.headers.append("Content-Length", length) }
        answer.body = .stream { writer in
            var left = cutAfter ?? .max
            for try await bytes in response.body {
                try await writer.write(Array(bytes.prefix(left)))
                left -= min(left, bytes.count)
                if left == 0 { throw CancellationError() }
            }
        }
        return answer
    }

    /// Without hop-by-hop headers (RFC 9110 §7.6.1).
    private nonisolated static func endToEnd(_ headers: HTTPHeaders) -> HTTPHeaders {
        let own = [
            "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "host",
            "expect", "date",
        ]
        return headers.filtered { index in !own.contains { headers.matches(at: index, $0) } }
    }
}
