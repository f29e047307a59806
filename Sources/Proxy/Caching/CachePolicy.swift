internal import HTTP

/// The rules of RFC 9111 for caches. Pure.
///
/// The cache belongs to one upstream account, which only the proxy uses. So it is a private cache in the sense of §1:
/// `private` answers may be cached, and `Authorization`, which the proxy writes itself, does not select answers. There
/// is no heuristic freshness: an answer without explicit freshness is revalidated each time.
enum CachePolicy {
    /// How the cache handles a request.
    enum Decision: Sendable {
        /// The cache is not involved.
        case bypass
        case miss
        /// Serve it without revalidation.
        case hit(CacheEntry)
        /// Serve it if the upstream confirms it.
        case revalidate(CacheEntry)
        /// There is no answer for `only-if-cached`.
        case notCached
    }

    /// Whether the cache handles this request at all.
    static func handles(_ method: HTTPMethod, _ headers: HTTPHeaders) -> Bool {
        method == .get
            && !headers.contains(anyOf: [.range, .ifMatch, .ifUnmodifiedSince, .ifRange])
            // The upstream judges a date without an entity tag.
            && !(headers.contains(.ifModifiedSince) && !headers.contains(.ifNoneMatch))
    }

    /// - Parameter entry: The cached answer for the URL and the selecting fields.
    static func decide(_ request: HTTPHeaders, entry: CacheEntry?, now: Int64) -> Decision {
        let wanted = CacheControl(request)
        guard !wanted.has("no-store") else { return .bypass }
        guard let entry else { return wanted.has("only-if-cached") ? .notCached : .miss }
        let age = entry.age(at: now)
        let isFresh =
            entry.lifetime - age > (wanted.seconds("min-fresh") ?? 0) && !wanted.has("no-cache")
            && age <= wanted.seconds("max-age") ?? .max
        if isFresh { return .hit(entry) }
        if wanted.has("only-if-cached") { return .notCached }
        return entry.etag == nil && entry.lastModified == nil ? .miss : .revalidate(entry)
    }

    /// Whether an answer with these fields may be worth caching.
    static func mayCache(_ headers: HTTPHeaders) -> Bool {
        headers.contains(anyOf: [.cacheControl, .etag, .lastModified, .expires])
    }

    /// The entry to cache; nil if the answer must not or need not be cached.
    static func entry(
        for status: HTTPStatus, _ headers: HTTPHeaders, request: HTTPHeaders, now: Int64
    ) -> CacheEntry? {
        guard Self.mayCache(headers) else { return nil }
        let control = CacheControl(headers)
        guard [200, 203, 301, 308, 404, 410].contains(status.code), !control.has("no-store"),
            !CacheControl(request).has("no-store")
        else { return nil }
        let vary = headers.list(of: "vary").map { $0.lowercased() }
        guard vary.count <= Self.varyLimit, !vary.contains("*") else { return nil }
        let lifetime = control.has("no-cache") ? 0 : Self.lifetime(headers, control, now: now)
        let isCheckable = status == .ok && (headers.contains(anyOf: [.etag, .lastModified]))
        guard lifetime > 0 || isCheckable else { return nil }
        return CacheEntry(
            status: status, headers: headers, body: [],
            selecting: vary.filter { $0 != "authorization" }.map { ($0, request.values(of: $0)) }, receivedAt: now,
            initialAge: Self.initialAge(headers, now: now), lifetime: lifetime)
    }

    /// The cached answer after a 304, with its fields updated (RFC 9111 §3.2), and whether the cache may keep it: the new
    /// fields can forbid that, or select it by other fields of the request.
    static func refreshed(
        _ entry: CacheEntry, by headers: HTTPHeaders, request: HTTPHeaders, now: Int64
    ) -> (entry: CacheEntry, mayStay: Bool) {
        var entry = entry
        let renewing = Set(headers.map { $0.name.lowercased() }).subtracting(Self.bodyFields)
        // An age that the 304 does not repeat was that of the stored answer.
        let replaced = renewing.union(["age"])
        var merged = HTTPHeaders()
        func merge(_ headers: HTTPHeaders, where isWanted: (String) -> Bool) {
            for index in headers.indices where isWanted(headers[index].name.lowercased()) {
                merged.append(name: Array(headers.nameBytes(at: index)), value: Array(headers.valueBytes(at: index)))
            }
        }
        merge(entry.headers) { !replaced.contains($0) }
        merge(headers, where: renewing.contains)
        entry.headers = merged
        guard var renewed = Self.entry(for: entry.status, entry.headers, request: request, now: now) else {
            entry.initialAge = Self.initialAge(entry.headers, now: now)
            entry.receivedAt = now
            return (entry, false)
        }
        renewed.body = entry.body
        return (renewed, true)
    }

    /// Each one costs a look through the fields of every request for the URL.
    private static let varyLimit = 32

    /// Fields about the stored body, which a 304 does not change.
    private static let bodyFields: Set<String> = [
        "content-length", "content-encoding", "content-type", "content-range",
    ]

    /// Whether the client already has this answer (`If-None-Match` by weak comparison, RFC 9110 §13.1.2).
    static func clientHas(_ entry: CacheEntry, _ request: HTTPHeaders) -> Bool {
        guard let etag = entry.etag, request.contains(.ifNoneMatch) else { return false }
        let own = Self.opaque(etag)
        return request.list(of: "if-none-match").contains { $0 == "*" || Self.opaque($0) == own }
    }

    private static func opaque(_ tag: String) -> Substring { tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...] }

    private static func lifetime(_ headers: HTTPHeaders, _ control: CacheControl, now: Int64) -> Int {
        if let seconds = control.seconds("max-age") { return seconds }
        guard let text = headers[.expires], let expires = HTTPDate.parse(text) else { return 0 }
        return max(0, expires - (headers[.date].flatMap(HTTPDate.parse) ?? Int(now / 1_000)))
    }

    private static func initialAge(_ headers: HTTPHeaders, now: Int64) -> Int {
        let apparent = headers[.date].flatMap(HTTPDate.parse).map { Int(now / 1_000) - $0 } ?? 0
        return max(0, apparent, headers[.age].flatMap(CacheControl.seconds) ?? 0)
    }
}
