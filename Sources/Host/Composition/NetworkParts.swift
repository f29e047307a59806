internal import Chat
internal import IRC
internal import Logging

/// The configured networks as adapters.
enum NetworkParts {
    static func adapters(for configuration: Configuration) -> [any ChatAdapter] {
        configuration.adapters.irc.map { IRCAdapter($0, logger: Logger(label: "irc")) }
    }

    /// Networks that the file may name already and that this release does not serve.
    static func unserved(in configuration: Configuration) -> [String] {
        configuration.adapters.matrix.map { "matrix:\($0.id)" } + configuration.adapters.slack.map { "slack:\($0.id)" }
            + configuration.adapters.telegram.map { "telegram:\($0.id)" }
    }
}
