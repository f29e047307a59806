internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging

/// One request on its way through the proxy, and its answer on the way back.
///
/// What needs no waiting but for the upstream goes by callbacks (`Passage+Callbacks`), which cost a fraction of a task;
/// everything else is told once more as a task, from the same steps.
@Net
final class Passage {
    let request: HTTPServerRequest
    let proxy: ReverseProxy
    let body: ReplayBody
    let start = EventLoop.shared.now
    var record: AccessRecord
    /// Path without the proxy's own prefix.
    let path: Substring

    init(_ request: HTTPServerRequest, through proxy: ReverseProxy) {
        self.request = request
        self.proxy = proxy
        self.body = ReplayBody(request.body)
        let whole = request.path
        let path = proxy.prefix.isEmpty ? whole : whole.dropFirst(proxy.prefix.count)
        self.path = path.isEmpty ? "/" : path
        self.record = AccessRecord(
            trace: proxy.trace.name(of: request.headers), method: request.method, path: String(whole))
    }

    /// The whole way as a task. Throws only what the server has to know: a client that left, a body that broke off,
    /// cancellation.
    func answer() async throws -> HTTPServerResponse {
        do {
            if self.record.key == nil {
                self.record.key = try await self.proxy.gatekeeper.admit(self.request.headers, at: self.proxy.now())
            }
            var preparation = try self.prepare(for: try await self.access())
            if let kept = try preparation.lookup.answer() { return kept }
            if self.isModelRequest(preparation.target) { try await self.body.fill() }
            self.complete(&preparation)
            return self.deliver(try await self.send(preparation), preparation)
        } catch {
            return try self.answer(to: error)
        }
    }

    private func access() async throws -> UpstreamAccess {
        do {
            return try await self.proxy.account.current()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ProxyRefusal.noToken("\(error)")
        }
    }

    // MARK: Steps

    /// Everything before the upstream is asked that needs no waiting.
    func prepare(for access: UpstreamAccess) throws(ProxyRefusal) -> Preparation {
        let request = self.request
        guard request.method != .connect else { throw .connect }
        if request.headers.contains("via"),
            request.headers.list(of: "via").contains(where: { $0.hasSuffix(self.proxy.signature) })
        {
            throw .loop
        }
        let target = UpstreamTarget(path: self.path, query: request.head.query, upstream: access.url)
        let fields = ForwardedHeaders.request(request.headers, isModelRequest: target.isModelRequest)
        self.proxy.openCache(for: access)
        return Preparation(
            access: access, target: target, fields: fields,
            lookup: CacheLookup(self, target: target, fields: fields))
    }

    func isModelRequest(_ target: UpstreamTarget) -> Bool { target.isModelRequest && self.request.method == .post }

    /// Adds what the upstream wants to know.
    func complete(_ preparation: inout Preparation) {
        preparation.lookup.makeConditional(&preparation.fields)
        preparation.fields.append("X-Request-Id", self.record.trace)
        preparation.fields.append(
            "Via", self.request.head.minorVersion == 1 ? self.proxy.via : "1.0 \(self.proxy.signature)")
        // A TRACE is sent back as it arrived: nothing of ours belongs into it (RFC 9110 §9.3.8).
        guard self.request.method != .trace else { return }
        for (name, value) in self.proxy.generalHeaders where !preparation.fields.contains(name) {
            preparation.fields.append(name, value)
        }
        guard self.isModelRequest(preparation.target) else { return }
        let facts = ModelRequestFacts(body: self.body.beginning, isWhole: self.body.isOver)
        for (name, value) in CopilotRequestHeaders.model(facts) where !preparation.fields.contains(name) {
            preparation.fields.append(name, value)
        }
    }

    // MARK: The end

    /// What an error means to the client. Throws what only the server can deal with.
    func answer(to error: any Error) throws -> HTTPServerResponse {
        switch error {
        case let refusal as ProxyRefusal:
            return self.refuse(refusal)
        case let error as HTTPClientError:
            return self.refuse(ProxyRefusal(upstream: error), error: error.message)
        case let error as HTTPServerError:
            self.end(.clientGone, status: error.code == .clientGone ? 499 : error.status.code)
            throw error
        case is CancellationError:
            self.end(.clientGone, status: 499)
            throw error
        default:
            self.proxy.logger.error(
                "a request failed", ["trace": .string(self.record.trace), "error": .string("\(error)")])
            return self.refuse(.failed, error: "\(error)")
        }
    }

    /// Milliseconds since the head of the request.
    func elapsed() -> Double {
        Double(EventLoop.shared.now.nanoseconds - self.start.nanoseconds) / 1_000_000
    }

    private func refuse(_ refusal: ProxyRefusal, error: String? = nil) -> HTTPServerResponse {
        var response = refusal.response
        response.headers.append("X-Request-Id", self.record.trace)
        self.end(.refused, status: refusal.status.code, error: error ?? refusal.code)
        return response
    }

    func end(_ outcome: AccessRecord.Outcome, status: Int? = nil, error: String? = nil) {
        if let status { self.record.status = status }
        self.record.outcome = outcome
        self.record.error = error
        self.record.requestBytes = self.body.count
        self.record.total = self.elapsed()
        self.proxy.accessLog.write(self.record)
    }
}
