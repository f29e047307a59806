internal import Chat
internal import IRC
internal import Logging

/// The configured networks as adapters.
enum NetworkParts {
    static func adapters(for configuration: Configuration, in directory: DataDirectory) -> [any ChatAdapter] {
        configuration.adapters.irc.map { settings in
            IRCAdapter(
                settings, memory: .file(directory.path(of: "irc-\(settings.id).memory")), logger: Logger(label: "irc"))
        }
    }

    /// Adapters that only show whether a connection can be made: they join no channel and remember nothing.
    static func probes(for configuration: Configuration) -> [any ChatAdapter] {
        configuration.adapters.irc.map { settings in
            var settings = settings
            settings.channels = []
            return IRCAdapter(settings, logger: Logger(label: "irc"))
        }
    }

    /// Networks that the file may name already and that this release does not serve.
    static func unserved(in configuration: Configuration) -> [String] {
        configuration.adapters.matrix.map { "matrix:\($0.id)" } + configuration.adapters.slack.map { "slack:\($0.id)" }
            + configuration.adapters.telegram.map { "telegram:\($0.id)" }
    }
}
