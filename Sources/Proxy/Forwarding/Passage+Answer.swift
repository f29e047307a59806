internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

extension Passage {
    /// The upstream's answer as the client gets it: as a whole when it has come as a whole, else piece by piece.
    func deliver(
        _ response: HTTPClientResponse, of target: UpstreamTarget, _ lookup: CacheLookup
    ) async throws -> HTTPServerResponse {
        if response.status == .notModified, let kept = lookup.confirmed(by: response.headers) { return kept }
        var answer = HTTPServerResponse(
            response.status,
            headers: ForwardedHeaders.response(response.headers, isMounted: !self.proxy.prefix.isEmpty))
        answer.headers.append("X-Request-Id", self.record.trace)
        if !self.proxy.prefix.isEmpty { Self.harden(&answer.headers) }
        self.record.status = response.status.code
        self.record.firstByte = self.elapsed()
        let collector = AnswerCollector(
            scans: Self.tellsUsage(response.headers), entry: lookup.entry(for: response),
            limit: self.proxy.cache.bodyLimit)
        if response.status.isBodiless || self.request.method == .head {
            self.finish(collector, lookup)
            return answer
        }
        let (first, isComplete) = response.body.takeArrived()
        collector.take(first)
        self.record.responseBytes = first.count
        if isComplete {
            self.finish(collector, lookup)
            answer.body = .bytes(first)
            return answer
        }
        answer.body = .streamOnLoop { writer in
            try await self.stream(response.body, after: first, to: writer, collector, lookup)
        }
        return answer
    }

    private func stream(
        _ body: HTTPResponseBody, after first: [UInt8], to writer: ResponseWriter, _ collector: AnswerCollector,
        _ lookup: CacheLookup
    ) async throws {
        do {
            try await writer.write(first)
            var pieces = body.makeAsyncIterator()
            while let bytes = try await pieces.next() {
                try await writer.write(bytes)
                // Behind the write, so that no piece waits for its reading.
                self.record.responseBytes += bytes.count
                collector.take(bytes)
            }
        } catch {
            self.report(collector)
            let isUpstream = error is HTTPClientError
            self.end(isUpstream ? .upstreamBroke : .clientGone, error: isUpstream ? "\(error)" : nil)
            // What was sent is only a part: the server breaks the connection off so that the client knows.
            throw isUpstream ? HTTPServerError(.clientGone, "the upstream broke off") : error
        }
        self.finish(collector, lookup)
    }

    private func finish(_ collector: AnswerCollector, _ lookup: CacheLookup) {
        if let entry = collector.entry { lookup.keep(entry) }
        self.report(collector)
        self.end(.complete)
    }

    private func report(_ collector: AnswerCollector) {
        guard let usage = collector.usage, let key = self.record.key else { return }
        self.proxy.usage(ProxyUsage(key: key, model: collector.model ?? "unknown", tokens: usage))
    }

    /// JSON and events that are not compressed.
    private static func tellsUsage(_ headers: HTTPHeaders) -> Bool {
        guard let type = headers["content-type"],
            type.hasPrefix("application/json") || type.hasPrefix("text/event-stream")
        else { return false }
        return headers["content-encoding"].map { $0.equalsIgnoringCase("identity") } ?? true
    }

    /// On the gateway's origin a page of the upstream's would be one of the gateway's.
    private static func harden(_ headers: inout HTTPHeaders) {
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        headers["X-Content-Type-Options"] = "nosniff"
    }
}
