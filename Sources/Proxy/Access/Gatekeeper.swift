internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import Primitives

/// Admits or refuses clients by their key, origin, request rate and models.
@Net
final class Gatekeeper {
    private let keys: KeyRing
    nonisolated let requiresKey: Bool
    private let pages: PagePolicy
    /// Nil without a limit.
    private var allowance: KeyedTokenBuckets<ClientKey>?
    private let requestsPerMinute: Int
    /// Holds the allowances shared by all workers.
    private let board: WorkerBoard?
    /// The last `Host` that was the proxy's own. Nearly every request has it.
    private var ownHost: String?

    /// - Parameters:
    ///   - pages: Which requests are admitted without a key.
    ///   - board: What this process shares with other workers; nil if it is the only one.
    nonisolated init(
        lookup: @escaping ClientKeyLookup, requiresKey: Bool, requestsPerMinute: Int, pages: PagePolicy,
        board: WorkerBoard? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.board = board
        self.keys = KeyRing(lookup: lookup)
        self.pages = pages
        self.requiresKey = requiresKey
        self.allowance =
            requestsPerMinute > 0
            ? KeyedTokenBuckets(capacity: requestsPerMinute, interval: 60_000 / Double(requestsPerMinute)) : nil
    }

    /// Identifies the client of a request and counts the request. Throws a ``ProxyRefusal`` if it is not allowed.
    func admit(_ headers: HTTPHeaders, at now: Int64) async throws -> ClientKey {
        let key = try await self.identify(headers, at: now)
        try self.count(key, at: now)
        return key
    }

    /// ``admit(_:at:)`` without a look-up; nil if the key must be looked up.
    func admitKnown(_ headers: HTTPHeaders, at now: Int64) throws(ProxyRefusal) -> ClientKey? {
        guard let key = try self.known(headers, at: now) else { return nil }
        try self.count(key, at: now)
        return key
    }

    /// Refuses a model that the client may not use.
    ///
    /// - Parameter model: As the request names it; nil if that cannot be read, which is refused to keys with models.
    nonisolated func check(model: String?, for key: ClientKey) throws(ProxyRefusal) {
        guard let models = key.models else { return }
        guard let model else { throw .modelUnreadable(models) }
        // Compares bytes: Swift's strings are also equal if they are only canonically equivalent.
        guard models.contains(where: { $0.utf8.elementsEqual(model.utf8) }) else {
            throw .modelNotAllowed(model, models)
        }
    }

    private func count(_ key: ClientKey, at now: Int64) throws(ProxyRefusal) {
        if let wait = self.wait(of: key, at: now) { throw .tooManyRequests((Int(wait) + 999) / 1_000) }
    }

    /// Takes one request from the client's allowance, or returns the milliseconds until one is available.
    private func wait(of key: ClientKey, at now: Int64) -> Int64? {
        guard let board = self.board, self.requestsPerMinute > 0 else { return self.allowance?.take(key, at: now) }
        return board.take(
            of: key.id, capacity: self.requestsPerMinute, interval: 60_000 / Double(self.requestsPerMinute), at: now)
    }

    private func identify(_ headers: HTTPHeaders, at now: Int64) async throws -> ClientKey {
        if let known = try self.known(headers, at: now) { return known }
        guard let secret = Self.key(in: headers) else { throw ProxyRefusal.invalidKey }
        switch try await self.keys.find(secret, at: now) {
        case .valid(let key, _): return key
        case .expired(let time): throw ProxyRefusal.expiredKey(time)
        case .unknown: throw ProxyRefusal.invalidKey
        }
    }

    /// Nil if the key must be looked up.
    private func known(_ headers: HTTPHeaders, at now: Int64) throws(ProxyRefusal) -> ClientKey? {
        let secret = Self.key(in: headers)
        if let secret, self.requiresKey || secret.hasPrefix(Self.keyPrefix) { return self.keys.known(secret, at: now) }
        guard !self.requiresKey else { throw ProxyRefusal.missingKey }
        // Any web page could use the account of its visitor: browsers send such requests without asking.
        switch self.refusal(of: headers) {
        case .host(let name): throw .foreignHost(name)
        case .site: throw .foreignOrigin
        case nil: break
        }
        if let origin = headers[.origin], !Self.isLoopback(origin) { throw ProxyRefusal.foreignOrigin }
        return .local
    }

    private func refusal(of headers: HTTPHeaders) -> PagePolicy.Refusal? {
        if let own = self.ownHost, headers.isOnly(.host, own) { return PagePolicy.isForeignSite(headers) ? .site : nil }
        let refusal = self.pages.refusal(of: headers)
        if refusal == nil { self.ownHost = headers[.host] }
        return refusal
    }

    /// The prefix of tokens from `jetbridge token create`. Any other value on loopback is a placeholder from a client
    /// that insists on a key.
    private static let keyPrefix = "jb_"

    /// The client's key: OpenAI's clients send it as a bearer token, Anthropic's as `x-api-key`, Azure's as `api-key`. A
    /// token of the host goes before a placeholder in another field.
    private static func key(in headers: HTTPHeaders) -> String? {
        guard headers.contains(anyOf: [.authorization, .xAPIKey, .apiKey]) else { return nil }
        let keys = [headers.bearerToken, headers[.xAPIKey], headers[.apiKey]].compactMap { $0 }
        return keys.first { $0.hasPrefix(Self.keyPrefix) } ?? keys.first
    }

    private static func isLoopback(_ origin: String) -> Bool {
        (try? HTTPURL(origin))?.isLoopback ?? false
    }
}
