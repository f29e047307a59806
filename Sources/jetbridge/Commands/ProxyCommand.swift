internal import Host
internal import JSON
internal import Lifecycle
internal import Logging

struct ProxyCommand: Command {
    let watchesSignals = true
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "proxy", summary: "Serve the Copilot API to programs on this machine",
        discussion: """
            Forwards every request to the Copilot API with the account's token and passes the answer on unbuffered. \
            OpenAI clients use the paths below /v1. The token is COPILOT_TOKEN, or else the signed-in account's. On \
            loopback, clients need no key unless the configuration requires one; on any other address they always do: \
            'jetbridge token create --scope proxy' creates one.
            """,
        options: [
            .listen("Listen on this address; port 0 picks a free port. Overrides PROXY_PORT and the configuration."),
            .logLevel(
                "How much to log; info logs every request. Overrides JETBRIDGE_LOG_LEVEL and the configuration."),
        ],
        examples: [
            "jetbridge proxy", "PROXY_PORT=9000 jetbridge proxy", "jetbridge proxy --listen 0.0.0.0:8080",
        ])

    func run(_ context: CommandContext) async throws {
        let flags = ConfigurationFlags(
            logLevel: context.arguments.value("log-level"), proxyListen: context.arguments.value("listen"))
        let configuration = try context.loadConfiguration(flags)
        let host = try await ProxyHost(configuration, surroundings: context.surroundings)
        configuration.log.apply()
        let ending = try await host.run { address in
            guard !context.isJSON else {
                return try context.print([
                    "address": .string(address), "upstream": host.upstream.map { .string($0) } ?? .null,
                    "requires_key": .bool(host.requiresKey),
                ])
            }
            let key = host.requiresKey ? ", and clients need a key" : ""
            try context.print("the proxy listens on http://\(address)\(key)")
        }
        if ending == .interrupted { throw CommandFailure(nil, status: .interrupted) }
    }
}
