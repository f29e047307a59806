internal import Copilot
internal import EventLoop
internal import HTTP
internal import Primitives

/// The account used for all upstream requests.
@Net
final class UpstreamAccount {
    private let source: any CopilotTokenSource
    private let upstream: HTTPURL?
    private var access: UpstreamAccess?
    private var askedAt: LoopInstant?
    private var generation = 0
    /// How often, and since when, each path has refused a new token right after the old one.
    private var refusals: [String: (count: Int, since: LoopInstant)] = [:]

    /// A path that has refused this many replacements refuses every token, for this long. Otherwise one client's
    /// requests to it would have every token replaced, until GitHub issues no more.
    private static let refusalLimit = 2
    private static let refusalLife = Duration.seconds(60)
    private static let mostRefusals = 256

    /// How long a token is reused without asking the source, which refreshes it by itself.
    private static let interval = Duration.seconds(2)

    /// - Parameter upstream: Overrides the address that comes with the token.
    nonisolated init(source: any CopilotTokenSource, upstream: HTTPURL?) {
        self.source = source
        self.upstream = upstream
    }

    /// The access, if it was fetched recently enough.
    var known: UpstreamAccess? {
        guard let access = self.access, let askedAt = self.askedAt,
            askedAt.duration(to: EventLoop.shared.now) < Self.interval
        else { return nil }
        return access
    }

    /// Throws the source's errors: not signed in, or the exchange failed.
    func current() async throws -> UpstreamAccess {
        if let known = self.known { return known }
        let token = try await self.source.token()
        self.askedAt = EventLoop.shared.now
        if let access = self.access, access.token == token { return access }
        self.generation += 1
        let access = UpstreamAccess(
            url: self.upstream ?? token.apiURL, authorization: "Bearer \(token.value.reveal())", token: token,
            generation: self.generation)
        self.access = access
        return access
    }

    /// Whether the path has lately refused every token.
    func isRefused(at path: String) -> Bool {
        guard let refusal = self.refusals[path], refusal.count >= Self.refusalLimit else { return false }
        return refusal.since.duration(to: EventLoop.shared.now) < Self.refusalLife
    }

    /// The path has refused a token and the one that replaced it.
    func noteRefusal(at path: String) {
        if self.refusals.count >= Self.mostRefusals { self.refusals.removeAll(keepingCapacity: true) }
        let now = EventLoop.shared.now
        let last = self.refusals[path].flatMap { $0.since.duration(to: now) < Self.refusalLife ? $0 : nil }
        self.refusals[path] = ((last?.count ?? 0) + 1, last?.since ?? now)
    }

    /// Replaces an access that the upstream rejected; nil if the source has no other token.
    func replaced(_ refused: UpstreamAccess) async throws -> UpstreamAccess? {
        await self.source.reject(refused.token)
        // If the source has only this token, the access and what is cached for it stay.
        if self.access?.generation == refused.generation { self.askedAt = nil }
        let next = try await self.current()
        return next.token == refused.token ? nil : next
    }
}

/// The credentials and address for requests to the upstream.
struct UpstreamAccess: Sendable {
    /// Request paths are appended to this URL's path.
    let url: HTTPURL
    /// The value of `Authorization`.
    let authorization: String
    let token: CopilotToken
    /// Changes with the token: another token may belong to another account, whose answers must be cached separately.
    let generation: Int
}
