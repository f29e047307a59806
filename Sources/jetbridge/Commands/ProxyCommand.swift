internal import Host
internal import JSON
internal import Logging

struct ProxyCommand: Command {
    let syntax = CommandSyntax(
        "proxy", summary: "Serve the Copilot API to programs on this machine",
        discussion: """
            Every request goes to the Copilot API with the account's token, and every answer comes back as it comes: \
            streams are not held. What OpenAI's clients ask for is below /v1. The token is COPILOT_TOKEN, or the \
            signed-in account's. On this machine no key is needed unless the configuration says so; beyond it always: \
            'jetbridge token create --scope proxy' makes one.
            """,
        options: [
            OptionSyntax(
                "listen", .text("HOST:PORT"),
                help: "Where it listens; port 0 takes a free one. Stronger than PROXY_PORT and the file."),
            OptionSyntax(
                "log-level", .choice("LEVEL", ["trace", "debug", "info", "warning", "error"]),
                help: "How much is logged; at info a line for each request. Stronger than the file."),
        ],
        examples: [
            "jetbridge proxy", "PROXY_PORT=9000 jetbridge proxy", "jetbridge proxy --listen 0.0.0.0:8080",
        ])

    func run(_ context: CommandContext) async throws {
        let arguments = context.arguments
        let loader = ConfigurationLoader(
            flags: ConfigurationFlags(
                file: arguments.value("config"), dataDirectory: arguments.value("data-dir"),
                logLevel: arguments.value("log-level"), proxyListen: arguments.value("listen")),
            surroundings: context.surroundings)
        let loaded = loader.load()
        try context.report(loaded.issues)
        guard let configuration = loaded.configuration else {
            throw CommandFailure(nil, status: .configuration)
        }
        // What keeps it from starting is told by the command itself, in one line.
        Logging.configure(level: .error, format: .text)
        let host = try await ProxyHost(configuration, surroundings: context.surroundings)
        LogParts.configure(configuration.log)
        try await host.run { address in
            guard !context.isJSON else {
                return try context.print([
                    "address": .string(address), "upstream": host.upstream.map { .string($0) } ?? .null,
                    "requires_key": .bool(host.requiresKey),
                ])
            }
            let key = host.requiresKey ? ", with client keys" : ""
            try context.print("the proxy listens on http://\(address)\(key)")
        }
    }
}
