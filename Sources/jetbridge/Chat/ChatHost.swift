internal import Chat
internal import Database
internal import Host
internal import Lifecycle
internal import People
internal import Primitives
internal import Store

/// Provides a host for the duration of a `chat` command.
enum ChatHost {
    /// Calls `body` with a thread and a link to the host that is serving the data directory or, if none is, to one without
    /// networks in this process. Revokes the link's token afterwards, also after a signal.
    ///
    /// - Parameters:
    ///   - chosen: The thread; nil for a new one.
    ///   - isLong: Whether a host in this process resumes the unfinished work of all threads. One that ends with the
    ///     command would only interrupt it again.
    static func withLink(
        _ configuration: Configuration, interrupts: Interrupts, thread chosen: String? = nil, isLong: Bool = false,
        _ body: @escaping @Sendable (ChatLink, _ thread: String) async throws -> Void
    ) async throws {
        let talk: @Sendable (String) async throws -> Void = { address in
            try await interrupts.cancelling {
                try await Self.withLink(to: address, configuration) { link in
                    let thread: String
                    if let chosen { thread = chosen } else { thread = try await link.newThread() }
                    try await body(link, thread)
                }
            }
        }
        if let address = try ServingHost.address(configuration) { return try await talk(address) }
        let host = try await Host(configuration, at: HostPort(host: "127.0.0.1", port: 0), withNetworks: false)
        var settings = ServiceGroup.Settings()
        settings.watchesSignals = false
        let takesUp = isLong || configuration.cluster != nil
        try await host.run(settings, takesUp: takesUp) { host in
            if !takesUp, let chosen { try await host.take(thread: chosen) }
            try await talk(host.address)
            host.stop()
        }
    }

    /// What `body` returns for a link to the host that is serving the data directory; nil if none is.
    ///
    /// - Parameters:
    ///   - name: Of the link's token, which is revoked afterwards.
    ///   - identity: Who acts with it; nil for somebody of its own.
    static func withServing<Answer>(
        _ configuration: Configuration, name: String, scopes: [String] = ["admin"], identity: Identity? = nil,
        _ body: (ChatLink) async throws -> Answer
    ) async throws -> Answer? {
        guard let address = try ServingHost.address(configuration) else { return nil }
        return try await Self.withLink(
            to: address, configuration, name: name, scopes: scopes, identity: identity, body: body)
    }

    /// Neither call of the store stops when the task is cancelled, so that no token is left.
    private static func withLink<Answer>(
        to address: String, _ configuration: Configuration, name: String = "jetbridge chat",
        scopes: [String] = ["admin"], identity: Identity? = nil, body: (ChatLink) async throws -> Answer
    ) async throws -> Answer {
        let store = SessionStore(database: try Stores.open(configuration))
        let (credential, token) = try await store.makeToken(
            name, scopes, limits: TokenLimits(expiresAt: WallClock.now() + 24 * 3_600_000), identity: identity)
        // Codes that were made with it stay.
        let end = {
            _ = try await store.write { ledger in try ledger.revokeCredential(id: credential.id) }
            await store.database.close()
        }
        let answer: Answer
        do {
            let link = try ChatLink(address: address, token: token)
            answer = try await body(link)
            await link.close()
        } catch {
            try? await end()
            throw error
        }
        try await end()
        return answer
    }
}
