internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging

/// One request on its way through the proxy, and its answer on the way back.
@Net
final class Passage {
    let request: HTTPServerRequest
    let proxy: ReverseProxy
    let body: ReplayBody
    let start = EventLoop.shared.now
    var record: AccessRecord
    /// Path without the proxy's own prefix, and query.
    let path: Substring

    init(_ request: HTTPServerRequest, through proxy: ReverseProxy) {
        self.request = request
        self.proxy = proxy
        self.body = ReplayBody(request.body)
        let path = request.path.dropFirst(proxy.prefix.count)
        self.path = path.isEmpty ? "/" : path
        self.record = AccessRecord(
            trace: proxy.trace.name(of: request.headers), method: request.method, path: String(request.path))
    }

    /// Throws only what the server has to know: a client that left, a body that broke off, cancellation.
    func answer() async throws -> HTTPServerResponse {
        do {
            return try await self.forward()
        } catch let refusal as ProxyRefusal {
            return self.refuse(refusal)
        } catch let error as HTTPClientError {
            return self.refuse(ProxyRefusal(upstream: error), error: error.message)
        } catch let error as HTTPServerError {
            self.end(.clientGone, status: error.code == .clientGone ? 499 : error.status.code)
            throw error
        } catch is CancellationError {
            self.end(.clientGone, status: 499)
            throw CancellationError()
        } catch {
            self.proxy.logger.error(
                "a request failed", ["trace": .string(self.record.trace), "error": .string("\(error)")])
            return self.refuse(.failed, error: "\(error)")
        }
    }

    private func forward() async throws -> HTTPServerResponse {
        let request = self.request
        self.record.key = try await self.proxy.gatekeeper.admit(request.headers, at: self.proxy.now())
        guard request.method != .connect else { throw ProxyRefusal.connect }
        guard !request.headers.list(of: "via").contains(where: { $0.hasSuffix(self.proxy.signature) }) else {
            throw ProxyRefusal.loop
        }
        let access = try await self.access()
        let target = UpstreamTarget(path: self.path, query: request.head.query, upstream: access.url)
        var fields = ForwardedHeaders.request(request.headers, isModelRequest: target.isModelRequest)
        self.proxy.openCache(for: access)
        let lookup = CacheLookup(self, target: target, fields: fields)
        if let kept = try lookup.answer() { return kept }
        lookup.makeConditional(&fields)
        try await self.complete(&fields, for: target)
        let response = try await self.send(fields, to: target, by: access)
        return try await self.deliver(response, of: target, lookup)
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

    /// Adds what the upstream wants to know.
    private func complete(_ fields: inout HTTPHeaders, for target: UpstreamTarget) async throws {
        fields.append("X-Request-Id", self.record.trace)
        fields.append("Via", "1.\(self.request.head.minorVersion) \(self.proxy.signature)")
        // A TRACE is sent back as it arrived: nothing of ours belongs into it (RFC 9110 §9.3.8).
        guard self.request.method != .trace else { return }
        for (name, value) in self.proxy.settings.headers.general where !fields.contains(name) {
            fields.append(name, value)
        }
        guard target.isModelRequest, self.request.method == .post else { return }
        try await self.body.fill()
        let facts = ModelRequestFacts(body: self.body.beginning, isWhole: self.body.isOver)
        for (name, value) in CopilotRequestHeaders.model(facts) where !fields.contains(name) {
            fields.append(name, value)
        }
    }

    // MARK: The end

    /// Milliseconds since the head of the request.
    func elapsed() -> Double { self.start.duration(to: EventLoop.shared.now) / .milliseconds(1) }

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
        self.proxy.logger.info("request", self.record.fields)
    }
}
