internal import Chat
internal import Host
internal import Lifecycle
internal import People
internal import Primitives

/// Provides a host for the duration of a `chat` command.
enum ChatHost {
    /// Calls `body` with a link to the host that is serving the data directory or, if none is, to one without networks
    /// in this process. Revokes the link's token afterwards, also after a signal.
    static func withLink(
        _ configuration: Configuration, interrupts: Interrupts,
        _ body: @escaping @Sendable (ChatLink) async throws -> Void
    ) async throws {
        let directory = try DataDirectory(path: configuration.dataDirectory)
        if directory.servingHost != nil, let address = directory.read("gateway.address") {
            return try await interrupts.cancelling {
                try await Self.withToken(configuration, scopes: ["admin"]) { token in
                    try await body(try ChatLink(address: address, token: token))
                }
            }
        }
        var own = configuration
        own.gateway.listen = HostPort(host: "127.0.0.1", port: 0)
        own.gateway.publicURL = configuration.gateway.publicURL
        let host = try await Host(own, withNetworks: false)
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        try await host.run(settings) { host in
            try await interrupts.cancelling {
                try await Self.withToken(configuration, scopes: ["admin"]) { token in
                    let link = try ChatLink(address: host.address, token: token)
                    try await body(link)
                    await link.close()
                }
            }
            host.stop()
        }
    }

    /// Neither call of the store stops when the task is cancelled, so that no token is left.
    ///
    /// - Parameter identity: Who acts with it; nil for somebody of its own.
    static func withToken(
        _ configuration: Configuration, name: String = "jetbridge chat", scopes: [String] = ["chat"],
        identity: Identity? = nil,
        _ body: (String) async throws -> Void
    ) async throws {
        let administration = try Administration(configuration)
        let (credential, token) = try await administration.createToken(
            name: name, scopes: scopes, limits: TokenLimits(expiresAt: WallClock.now() + 24 * 3_600_000),
            identity: identity)
        do {
            try await body(token)
        } catch {
            _ = try? await administration.revoke(credential.id)
            await administration.close()
            throw error
        }
        _ = try await administration.revoke(credential.id)
        await administration.close()
    }
}
