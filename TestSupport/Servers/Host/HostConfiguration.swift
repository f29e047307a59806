/// Configuration files for ``HostProcess``.
package enum HostConfiguration {
    /// The owner in ``irc(_:_:owners:channels:flood:more:)``: anyone with the nick alice.
    package static let owner = "irc:local/mask:alice!*@*"

    /// The web chat alone, with an endpoint as its model.
    package static func web(_ model: LoopbackModelServer, name: String = "test", modelSettings: String = "") -> String {
        """
        gateway: {listen: "127.0.0.1:0"}
        model: {provider: openai, name: \(name), base_url: "\(model.baseURL)"\(modelSettings)}
        repositories: [{name: notes, path: notes}]

        """
    }

    /// The web chat and an IRC network `local`, where the bot is `jetbot` in `channels`. `flood: nil` keeps the
    /// adapter's default limits.
    package static func irc(
        port: Int, _ model: LoopbackModelServer, owners: [String] = [Self.owner], channels: [String] = ["#team"],
        flood: String? = "{burst: 1000, interval: 0s}"
    ) -> String {
        Self.web(model) + "\n" + Self.irc(port: port, owners: owners, channels: channels, flood: flood)
    }

    /// The IRC network alone, to be appended to another configuration.
    package static func irc(
        port: Int, owners: [String] = [Self.owner], channels: [String] = ["#team"],
        flood: String? = "{burst: 1000, interval: 0s}"
    ) -> String {
        """
        access: {owners: [\(Self.list(owners))]}
        adapters:
          irc:
            - id: local
              server: 127.0.0.1:\(port)
              tls: false
              nick: jetbot
              channels: [\(Self.list(channels))]
              \(flood.map { "flood: \($0)" } ?? "")

        """
    }

    private static func list(_ words: [String]) -> String { words.map { "\"\($0)\"" }.joined(separator: ", ") }
}
