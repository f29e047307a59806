/// A cluster and a channel of a real IRC server, where alice talks to its bot.
package struct ClusterChannel: Sendable {
    package static let name = "#team"

    package let cluster: ClusterHosts
    package let alice: IRCPeer
    private let server: NgIRCd

    /// Returns when the bot is there. The first host has its connection.
    ///
    /// - Parameter ports: Of the database, if a host reaches it by another one.
    package static func opened(
        answering behavior: ModelBehavior, ports: [Int: Int] = [:], hasPenalty: Bool = true
    ) async throws -> ClusterChannel {
        let server = try await NgIRCd(hasPenalty: hasPenalty)
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join(Self.name)
        let cluster = try await ClusterHosts.started(
            answering: behavior, more: HostConfiguration.irc(port: server.port), ports: ports)
        try await alice.waitForJoin(of: "jetbot")
        return ClusterChannel(cluster: cluster, alice: alice, server: server)
    }

    package func ask(_ text: String) async throws { try await self.alice.say("jetbot: \(text)", to: Self.name) }

    /// Waits until what the bot has said satisfies `isMet`, and returns it.
    ///
    /// - Parameter nick: The bot's; another one while its old connection is still there.
    @discardableResult
    package func listen(
        to nick: String = "jetbot", within limit: Duration = .seconds(30), until isMet: ([String]) -> Bool
    ) async throws -> [String] {
        try await self.alice.listen(to: nick, in: Self.name, within: limit, until: isMet)
    }

    /// Everything that the bot has said.
    package var heard: [String] { self.alice.heard(from: "jetbot", in: Self.name) }

    /// Checks the audit and ends everything.
    package func close() async throws {
        try await self.cluster.finish()
        await self.alice.quit()
        await self.server.stop()
    }
}
