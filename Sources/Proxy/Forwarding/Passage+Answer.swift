internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

extension Passage {
    /// The answer for the client: whole if it has arrived whole, else piece by piece.
    func deliver(_ response: HTTPClientResponse, _ preparation: Preparation) -> HTTPServerResponse {
        let lookup = preparation.lookup
        if response.status == .notModified, let kept = lookup.confirmed(by: response.headers) { return kept }
        let isMounted = !self.proxy.prefix.isEmpty
        var answer = HTTPServerResponse(
            response.status, headers: ForwardedHeaders.response(response.headers, isMounted: isMounted))
        answer.headers.append("X-Request-Id", self.record.trace)
        if isMounted { Self.harden(&answer.headers) }
        self.record.status = response.status.code
        self.record.firstByte = self.elapsed()
        let source = PassageSource(
            response.body, of: self, lookup,
            AnswerCollector(
                scans: Self.mayReportUsage(response.headers), entry: lookup.entry(for: response),
                limit: self.proxy.cache.bodyLimit))
        if response.status.isBodiless || self.request.method == .head {
            source.finish()
        } else if let whole = source.takeWhole() {
            answer.body = .bytes(whole)
        } else {
            answer.body = .source(source)
        }
        return answer
    }

    func report(_ collector: AnswerCollector) {
        guard let usage = collector.usage, let key = self.record.key else { return }
        self.proxy.usage(ProxyUsage(key: key, model: collector.model ?? "unknown", tokens: usage))
    }

    /// True for uncompressed JSON and events.
    private static func mayReportUsage(_ headers: HTTPHeaders) -> Bool {
        guard let type = headers["content-type"],
            type.hasPrefix("application/json") || type.hasPrefix("text/event-stream")
        else { return false }
        return headers["content-encoding"].map { $0.equalsIgnoringCase("identity") } ?? true
    }

    /// On the gateway's origin, an upstream's page would have the gateway's rights.
    private static func harden(_ headers: inout HTTPHeaders) {
        headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        headers["X-Content-Type-Options"] = "nosniff"
    }
}
