internal import Chat
internal import IRC
internal import JSON
internal import Logging

/// The configured networks as adapters.
enum NetworkParts {
    static func adapters(for configuration: Configuration, in directory: DataDirectory) -> [any ChatAdapter] {
        configuration.adapters.irc.map { settings in
            IRCAdapter(settings, memory: Self.memory(of: settings.id, in: directory), logger: Logger(label: "irc"))
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

    private static func memory(of id: String, in directory: DataDirectory) -> IRCMemoryStore {
        let name = "irc-\(id).memory"
        return IRCMemoryStore(
            load: { directory.contents(of: name) },
            save: { bytes in
                do {
                    try directory.write(String(decoding: bytes, as: UTF8.self), to: name)
                } catch {
                    Logger(label: "irc").warning("the adapter's memory cannot be kept", ["error": .string("\(error)")])
                }
            })
    }
}
