internal import Copilot
internal import EventLoop
internal import HTTP
internal import Primitives

/// The account that all requests go out with.
@Net
final class UpstreamAccount {
    private let source: any CopilotTokenSource
    private let upstream: HTTPURL?
    private var access: UpstreamAccess?
    private var askedAt: LoopInstant?
    private var generation = 0

    /// The source refreshes its token by itself, so it needn't be asked for each request.
    private static let interval = Duration.seconds(2)

    /// - Parameter upstream: In place of the address that comes with the token.
    nonisolated init(source: any CopilotTokenSource, upstream: HTTPURL?) {
        self.source = source
        self.upstream = upstream
    }

    /// The access where the source needn't be asked.
    var known: UpstreamAccess? {
        guard let access = self.access, let askedAt = self.askedAt,
            askedAt.duration(to: EventLoop.shared.now) < Self.interval
        else { return nil }
        return access
    }

    /// Throws what the source throws: nobody is signed in, the exchange failed.
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

    /// The upstream refused this access. The next one, when there is another; nil when the token can't be changed.
    func replaced(_ refused: UpstreamAccess) async throws -> UpstreamAccess? {
        await self.source.reject(refused.token)
        if self.access?.generation == refused.generation { self.access = nil }
        let next = try await self.current()
        return next.token == refused.token ? nil : next
    }
}
