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

    /// Replaces an access that the upstream rejected; nil if the source has no other token.
    func replaced(_ refused: UpstreamAccess) async throws -> UpstreamAccess? {
        await self.source.reject(refused.token)
        if self.access?.generation == refused.generation { self.access = nil }
        let next = try await self.current()
        return next.token == refused.token ? nil : next
    }
}
