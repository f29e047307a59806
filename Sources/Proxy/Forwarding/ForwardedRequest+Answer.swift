internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON
internal import Telemetry

extension ForwardedRequest {
    /// The answer for the client: whole if it has arrived whole, else piece by piece.
    ///
    /// - Parameters:
    ///   - shown: the whole body for the client, where it is not the upstream's.
    ///   - status: where it is not the upstream's.
    func deliver(
        _ upstream: UpstreamAnswer, _ preparation: Preparation, shown: [UInt8]? = nil, status: HTTPStatus? = nil
    ) -> HTTPServerResponse {
        let response = upstream.response, lookup = preparation.lookup
        lookup.noteAnswer(response.status)
        if response.status == .notModified, let kept = lookup.confirmed(by: response.headers) { return kept }
        let isMounted = !self.proxy.prefix.isEmpty
        var answer = HTTPServerResponse(
            status ?? response.status, headers: ForwardedHeaders.response(response.headers, isMounted: isMounted))
        answer.headers.append("X-Request-Id", self.record.trace)
        if !self.leftOut.isEmpty { answer.headers["X-Jetbridge-Left-Out"] = self.leftOut.joined(separator: ", ") }
        if upstream.translation != nil {
            answer.headers.remove("content-length")
            answer.headers["content-type"] = shown == nil ? "text/event-stream" : "application/json"
        }
        if isMounted { Self.harden(&answer.headers) }
        self.record.status = answer.status.code
        self.record.firstByte = self.elapsed()
        let source = ForwardedBody(upstream, of: self, lookup)
        if response.status.isBodiless || self.request.method == .head {
            source.finish()
        } else if let whole = source.takeWhole() {
            answer.body = .bytes(shown ?? whole)
        } else {
            answer.body = .source(source)
            // An answer may last for minutes.
            self.body.release()
        }
        return answer
    }

    func collector(of response: HTTPClientResponse, _ lookup: CacheLookup) -> AnswerCollector {
        AnswerCollector(
            scans: Self.mayReportUsage(response.headers), countsEvents: self.estimatesUsage(response.headers),
            entry: lookup.entry(for: response), limit: self.proxy.cache.bodyLimit)
    }

    /// An answer that the proxy makes itself.
    func own(_ document: JSON) -> HTTPServerResponse {
        var answer = HTTPServerResponse.json(document)
        answer.headers.append("X-Request-Id", self.record.trace)
        self.record.firstByte = self.elapsed()
        self.end(.complete, status: answer.status.code)
        return answer
    }

    /// - Parameter isCut: Whether the answer ended early.
    func report(_ collector: AnswerCollector, isCut: Bool = false) {
        guard var usage = collector.usage ?? self.estimate(collector) else {
            // An error costs nothing, also if the client does not read it.
            self.isCounted = self.record.status >= 400
            return
        }
        // Anthropic's streams begin with a usage that has almost no output.
        if isCut { usage.output = max(usage.output, collector.events) }
        self.count(usage, of: collector.model)
    }

    /// Takes back what the key was charged at admission. A request that its client has abandoned costs the account its
    /// answer all the same, so it is counted by estimate: otherwise a limited key could avoid its limit.
    func settle(_ outcome: AccessRecord.Outcome) {
        guard let charge = self.charge.take(), let key = self.record.key else { return }
        self.proxy.budget.settle(charge, of: key)
        guard outcome == .clientGone, charge > 0, self.isSent, !self.isCounted else { return }
        self.count(AnswerTokens(input: self.body.count / 4, output: Self.estimatedOutput), of: nil)
    }

    /// Reports a request to a model that failed and has cost nothing.
    func countFailure() {
        let reason: String
        switch self.record.outcome {
        case .complete where self.record.status >= 400: reason = "HTTP \(self.record.status)"
        case .refused: reason = self.record.error ?? "refused"
        case .upstreamBroke where !self.isCounted: reason = "broken"
        default: return
        }
        guard self.asksModel, let key = self.record.key else { return }
        self.proxy.usage(
            ProxyUsage(
                key: key, model: self.namedModel ?? self.body.model ?? "unknown",
                tokens: AnswerTokens(input: 0, output: 0), duration: Int64(self.elapsed()), error: reason))
    }

    private func count(_ tokens: AnswerTokens, of model: String?) {
        guard let key = self.record.key else { return }
        self.isCounted = true
        if let span = self.span {
            if let model { span.set("gen_ai.response.model", .string(model)) }
            span.set("gen_ai.usage.input_tokens", JSON(tokens.input))
            span.set("gen_ai.usage.output_tokens", JSON(tokens.output))
        }
        self.proxy.budget.add(tokens, to: key, at: self.proxy.now())
        self.proxy.usage(
            ProxyUsage(
                key: key, model: model ?? "unknown", tokens: tokens, duration: Int64(self.elapsed()),
                firstByte: self.record.firstByte.map { Int64($0) }))
    }

    /// The tokens of a stream that ends without its usage, because the client left or did not ask for it: otherwise a
    /// limited key could avoid its limit. One event is about one token.
    private func estimate(_ collector: AnswerCollector) -> AnswerTokens? {
        guard collector.events > 0 else { return nil }
        return AnswerTokens(input: self.body.count / 4, output: collector.events)
    }

    private func estimatesUsage(_ headers: HTTPHeaders) -> Bool {
        self.record.key?.tokensPerDay != nil && headers[.contentType]?.hasPrefix("text/event-stream") == true
    }

    /// True for uncompressed JSON and events.
    private static func mayReportUsage(_ headers: HTTPHeaders) -> Bool {
        guard let type = headers[.contentType],
            type.hasPrefix("application/json") || type.hasPrefix("text/event-stream")
        else { return false }
        return headers[.contentEncoding].map { $0.equalsIgnoringCase("identity") } ?? true
    }

    /// On the gateway's origin, an upstream's page would have the gateway's rights.
    static func harden(_ headers: inout HTTPHeaders) {
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        headers["X-Content-Type-Options"] = "nosniff"
    }
}

extension ForwardedRequest {
    /// The longest answer that is translated as a whole, in bytes.
    private static let translationLimit = 32 << 20

    /// The client's answer if no attempt gave one.
    func finish(_ failed: FailedAttempts, _ preparation: Preparation) async throws -> HTTPServerResponse {
        if let fault = failed.fault { throw fault }
        if let explanation = failed.explanation { throw explanation }
        if failed.isPathMissing, let answer = try await self.listedModel(preparation) { return answer }
        guard let best = failed.best else { throw ProxyRefusal.failed }
        return try await self.finish(best, preparation, isMissing: failed.isPathMissing)
    }

    /// The client's form of an answer.
    ///
    /// - Parameter isMissing: whether no attempt found the path.
    func finish(
        _ answer: UpstreamAnswer, _ preparation: Preparation, isMissing: Bool = false
    ) async throws -> HTTPServerResponse {
        if isMissing, self.isCount(preparation), let body = self.body.whole,
            let tree = try await self.roomForTree(of: body), let count = await Self.estimate(body)
        {
            withExtendedLifetime(tree) {}
            return self.own(count)
        }
        guard let translation = answer.translation, !answer.isStream || !answer.status.isSuccess else {
            return try await self.deliverListed(answer, preparation)
        }
        var answer = answer
        try await answer.read(upTo: Self.translationLimit)
        guard answer.isWhole, let shown = await Self.translated(answer, by: translation) else {
            throw ProxyRefusal.unreadableAnswer
        }
        // With the upstream's 200, clients would take an error for an answer.
        return self.deliver(answer, preparation, shown: shown.bytes, status: shown.isError ? .badGateway : nil)
    }

    /// The answer or error for the client, and whether it is an error with a status of success. Nil for an answer that
    /// is not JSON although it should be.
    @concurrent private static func translated(
        _ answer: UpstreamAnswer, by translation: Translation
    ) async -> (bytes: [UInt8], isError: Bool)? {
        let json = try? JSON.parse(answer.beginning)
        guard answer.status.isSuccess else {
            return (translation.error(json, status: answer.status.code).bytes, false)
        }
        return json.map { json in
            let (document, isError) = translation.outcome(of: json)
            return (document.bytes, isError)
        }
    }

    /// Whether the client asks how many tokens a request would have, which not every upstream can say.
    func isCount(_ preparation: Preparation) -> Bool {
        self.request.method == .post && preparation.target.path == "/messages/count_tokens"
    }

    @concurrent private static func estimate(_ body: [UInt8]) async -> JSON? {
        (try? JSON.parse(body)).map { ["input_tokens": .integer(Int64(TokenEstimate.of(messages: $0)))] }
    }

    /// The length of the body, if it is known.
    var length: Int? {
        if case .length(let length) = self.request.head.framing { length } else { nil }
    }
}
