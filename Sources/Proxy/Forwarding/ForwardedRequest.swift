internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Logging
internal import Telemetry

/// A client's request on its way to the upstream, and the answer on its way back.
///
/// A request that waits only for the upstream uses callbacks (`ForwardedRequest+Callbacks`), which cost a fraction of a task;
/// any other takes the same steps in a task.
@Net
final class ForwardedRequest {
    let request: HTTPServerRequest
    let proxy: ReverseProxy
    let body: ReplayBody
    let start = EventLoop.shared.now
    var record: AccessRecord
    let requested: RequestedPath
    /// How the answer, a list of models, is shown; nil to leave it as it is.
    var listing: ModelList?
    /// The tokens that the client's key has been charged until the end; nil for a key without a limit.
    var charge: Int?
    /// Whether the upstream may have received the request, so that its answer costs tokens.
    var isSent = false
    /// Whether the answer's tokens have been counted.
    var isCounted = false
    /// Whether it asks a model.
    var asksModel = false
    /// The model that the body names, once that is known.
    private(set) var namedModel: String?
    /// The members of the body that were left out because the upstream refuses them.
    var leftOut: [String] = []
    /// Nil without telemetry.
    let span: Span?

    init(_ request: HTTPServerRequest, through proxy: ReverseProxy) {
        self.request = request
        self.proxy = proxy
        self.body = ReplayBody(request.body)
        self.requested = proxy.paths.path(of: request.head, without: proxy.prefix)
        self.record = AccessRecord(
            trace: proxy.trace.name(of: request.headers), method: request.method, path: self.requested.whole)
        self.span = proxy.tracer?.span(
            "\(request.method.rawValue) proxy", .server,
            attributes: [
                "http.request.method": .string(request.method.rawValue), "url.path": .string(self.requested.whole),
            ], parent: request.headers["traceparent"].flatMap { TraceContext(traceparent: $0) })
    }

    /// The path without the proxy's prefix.
    var path: Substring { self.requested.path }

    /// Answers in a task. Throws only what the server must handle: a client that left, a truncated body, cancellation.
    func answer() async throws -> HTTPServerResponse {
        do {
            if self.record.key == nil {
                self.record.key = try await self.proxy.gatekeeper.admit(self.request.headers, at: self.proxy.now())
            }
            try await self.permit()
            var preparation = try self.prepare(for: try await self.access())
            if let kept = try preparation.lookup.answer() { return await self.listed(kept) }
            var facts: ModelRequestFacts?
            if self.isModelRequest(preparation.target) {
                try await self.body.fill()
                if self.body.isLong { facts = await Self.facts(of: self.body.beginning, isWhole: self.body.isOver) }
            }
            self.complete(&preparation, facts)
            return try await self.send(preparation)
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

    /// The steps before the upstream request that never wait.
    func prepare(for access: UpstreamAccess) throws(ProxyRefusal) -> Preparation {
        let request = self.request
        if request.headers.contains(.via),
            request.headers.list(of: "via").contains(where: { $0.hasSuffix(self.proxy.signature) })
        {
            throw .loop
        }
        let target = self.proxy.paths.target(of: self.requested, by: access)
        var fields = ForwardedHeaders.request(
            request.headers, isModelRequest: target.isModelRequest || self.record.key?.tokensPerDay != nil)
        if self.listing != nil { ModelList.requestWhole(&fields) }
        self.proxy.openCache(for: access)
        let memory = self.proxy.memory
        let known = target.unmapped == nil ? nil : memory.keepsVersion(of: target.path)
        self.asksModel = self.isModelRequest(target)
        if target.isModelRequest {
            self.body.keep(length: self.length, in: self.proxy.keptBytes)
            self.body.inspectAll(length: self.length)
        }
        let urls = target.urls(keepsVersion: known ?? memory.guess(for: target.path))
        return Preparation(
            access: access, target: target, urls: urls,
            isKnownPath: target.unmapped == nil || known != nil,
            api: target.isModelRequest && request.method == .post ? self.requested.api : nil, fields: fields,
            lookup: CacheLookup(self, urls, isModelRequest: target.isModelRequest, fields: fields, for: access))
    }

    func isModelRequest(_ target: UpstreamTarget) -> Bool { target.isModelRequest && self.request.method == .post }

    /// Adds the fields that the upstream expects.
    ///
    /// - Parameter facts: about the body of a request to a model; nil for one that is short enough to look at here.
    func complete(_ preparation: inout Preparation, _ facts: ModelRequestFacts? = nil) {
        preparation.lookup.makeConditional(&preparation.fields)
        preparation.fields.append("X-Request-Id", self.record.trace)
        if let span = self.span { preparation.fields["traceparent"] = span.context.traceparent }
        preparation.fields.append(
            "Via", self.request.head.minorVersion == 1 ? self.proxy.via : "1.0 \(self.proxy.signature)")
        // A TRACE is sent back as received, so it must not carry the account's token (RFC 9110 §9.3.8).
        guard self.request.method != .trace else { return }
        for (name, value) in self.proxy.generalHeaders where !preparation.fields.contains(name) {
            preparation.fields.append(name, value)
        }
        guard self.isModelRequest(preparation.target) else { return }
        CopilotRequestHeaders.complete(
            &preparation.fields,
            for: facts ?? ModelRequestFacts(body: self.body.beginning, isWhole: self.body.isOver))
    }

    /// Off the loop, because a body may have megabytes.
    @concurrent private static func facts(of body: [UInt8], isWhole: Bool) async -> ModelRequestFacts {
        ModelRequestFacts(body: body, isWhole: isWhole)
    }

    /// The model that the body names; nil if that is not certain.
    func model(in body: [UInt8]) async -> String? {
        if self.namedModel == nil { self.namedModel = await Self.name(in: body) }
        return self.namedModel
    }

    /// Off the loop, because a body may have megabytes.
    @concurrent private static func name(in body: [UInt8]) async -> String? { ModelName.find(in: body) }

    // MARK: The end

    /// The client's answer to an error. Rethrows what only the server can handle.
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

    /// Milliseconds since the request's head arrived.
    func elapsed() -> Double {
        Double(EventLoop.shared.now.nanoseconds - self.start.nanoseconds) / 1_000_000
    }

    private func refuse(_ refusal: ProxyRefusal, error: String? = nil) -> HTTPServerResponse {
        var response = refusal.response(at: self.path)
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
        self.settle(outcome)
        self.countFailure()
        self.endSpan()
        self.body.forget()
        self.proxy.requests.count(self.record.status)
        self.proxy.accessLog.write(self.record)
    }

    private func endSpan() {
        guard let span = self.span else { return }
        span.set("http.response.status_code", JSON(self.record.status))
        if self.record.status >= 400 || self.record.outcome != .complete {
            span.fail(self.record.outcome == .complete ? "\(self.record.status)" : self.record.outcome.rawValue)
        }
        span.end()
    }
}
