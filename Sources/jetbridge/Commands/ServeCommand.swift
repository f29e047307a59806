internal import Host

struct ServeCommand: Command {
    let syntax = CommandSyntax(
        "serve", summary: "Serve the web chat, the API and the networks until stopped",
        discussion: """
            Without any configuration, serves the web chat on this machine with the rehearsal model. Prints the address \
            and a code that signs you in. The first TERM or INT lets running answers finish; a second one, sent at \
            least a second later, stops them. HUP reloads the configuration.
            """,
        options: [
            .listen(
                "Listen on this address; port 0 picks a free port. Overrides JETBRIDGE_LISTEN and the configuration."),
            .logLevel("How much to log. Overrides JETBRIDGE_LOG_LEVEL and the configuration."),
        ],
        examples: ["jetbridge serve", "jetbridge serve --config jetbridge.yaml --listen 127.0.0.1:9000"])

    func run(_ context: CommandContext) async throws {
        let (configuration, loaded) = try context.loadConfigurationFile()
        configuration.log.apply()
        try FaultSetting.arm(from: context.surroundings, for: configuration)
        let host = try await Host(configuration)
        let reload = ConfigurationReload(since: loaded) { context.configurationLoader().load() }
        try await host.run(reload: reload) { host in
            try context.print("open \(host.publicURL) and enter the code \(host.signInCode)")
        }
    }
}
