internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// One request's use of the cache.
@Net
final class CacheLookup {
    private let forwarded: ForwardedRequest
    /// Where the request is sent first.
    private let url: String
    /// The URLs whose cached answers the request may make outdated; empty if it changes nothing.
    private var changed: [HTTPURL] = []
    /// Identifies the account whose answers these are.
    private let generation: Int
    /// The fields that select answers: those sent upstream, except the ones that differ in every request.
    private let fields: HTTPHeaders
    private var decision = CachePolicy.Decision.bypass

    init(
        _ forwarded: ForwardedRequest, _ urls: [HTTPURL], isModelRequest: Bool, fields: HTTPHeaders,
        for access: UpstreamAccess
    ) {
        self.forwarded = forwarded
        self.url = forwarded.proxy.cache.isOff ? "" : urls[0].target
        self.generation = access.generation
        self.fields = fields
        let proxy = forwarded.proxy, method = forwarded.request.method
        guard !proxy.cache.isOff else { return }
        if CachePolicy.handles(method, fields) {
            self.decision = CachePolicy.decide(
                fields, entry: proxy.cache.entry(for: self.url, fields), now: proxy.now())
        } else if ![.get, .head, .options, .trace].contains(method), !isModelRequest {
            self.changed = urls
        }
    }

    /// The cached answer, if it needs no request to the upstream.
    func answer() throws -> HTTPServerResponse? {
        switch self.decision {
        case .bypass, .miss, .revalidate: return nil
        case .notCached: throw ProxyRefusal.onlyIfCached
        case .hit(let entry): return self.answer(entry, state: "hit")
        }
    }

    /// Makes the request a revalidation of the cached answer.
    func makeConditional(_ headers: inout HTTPHeaders) {
        guard case .revalidate(let entry) = self.decision else { return }
        headers["if-none-match"] = entry.etag
        headers["if-modified-since"] = entry.etag == nil ? entry.lastModified : nil
    }

    /// The cached answer after the upstream's 304; nil if the client sent the condition itself.
    func confirmed(by headers: HTTPHeaders) -> HTTPServerResponse? {
        guard case .revalidate(let entry) = self.decision else { return nil }
        let (fresh, mayStay) = CachePolicy.refreshed(
            entry, by: ForwardedHeaders.response(headers, isMounted: false), request: self.fields,
            now: self.forwarded.proxy.now())
        if mayStay { self.keep(fresh) } else { self.forwarded.proxy.cache.invalidate(self.url) }
        return self.answer(fresh, state: "revalidated")
    }

    /// Removes what a successful change has made outdated (RFC 9111 §4.4).
    func noteAnswer(_ status: HTTPStatus) {
        guard !self.changed.isEmpty, (200..<400).contains(status.code) else { return }
        for url in self.changed { self.forwarded.proxy.cache.invalidate(url.target) }
    }

    /// An entry without its body, for an answer that may be cached.
    func entry(for response: HTTPClientResponse) -> CacheEntry? {
        switch self.decision {
        case .bypass, .hit, .notCached: return nil
        case .miss, .revalidate:
            guard CachePolicy.mayCache(response.headers) else { return nil }
            return CachePolicy.entry(
                for: response.status, ForwardedHeaders.response(response.headers, isMounted: false),
                request: self.fields, now: self.forwarded.proxy.now())
        }
    }

    /// Caches an answer, unless the cache now belongs to another account.
    func keep(_ entry: CacheEntry) {
        guard self.generation == self.forwarded.proxy.cacheGeneration else { return }
        self.forwarded.proxy.cache.keep(entry, for: self.url, self.fields)
    }

    private func answer(_ entry: CacheEntry, state: String) -> HTTPServerResponse {
        let isKnown = CachePolicy.clientHas(entry, self.fields)
        var response = HTTPServerResponse(isKnown ? .notModified : entry.status, headers: entry.headers)
        response.headers["age"] = "\(entry.age(at: self.forwarded.proxy.now()))"
        response.headers["Cache-Status"] = state == "hit" ? "jetbridge; hit" : "jetbridge; fwd=stale; fwd-status=304"
        response.headers["X-Request-Id"] = self.forwarded.record.trace
        if isKnown {
            response.headers.remove("content-length")
        } else {
            response.body = .bytes(entry.body)
        }
        self.forwarded.record.cache = state
        self.forwarded.record.firstByte = self.forwarded.elapsed()
        self.forwarded.record.responseBytes = isKnown ? 0 : entry.body.count
        self.forwarded.end(.complete, status: response.status.code)
        return response
    }
}
