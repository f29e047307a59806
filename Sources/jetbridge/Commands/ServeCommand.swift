internal import Host

struct ServeCommand: Command {
    let watchesSignals = true
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
            OptionSyntax(
                Self.withoutJail,
                help: """
                    Run commands as this user, with nothing between them and this machine. Whoever may run commands can \
                    then do whatever this user can. See docs/jail.md.
                    """),
        ],
        examples: ["jetbridge serve", "jetbridge serve --config jetbridge.yaml --listen 127.0.0.1:9000"])

    private static let withoutJail = "dangerously-run-commands-without-a-jail"

    func run(_ context: CommandContext) async throws {
        let (configuration, loaded) = try context.loadConfigurationFile()
        configuration.log.apply()
        try FaultSetting.arm(from: context.surroundings, for: configuration)
        let isUnjailed = context.arguments.has(Self.withoutJail)
        if isUnjailed {
            let warning = "warning: --\(Self.withoutJail): commands from threads can do whatever this user can"
            try context.errors.writeLine(context.errors.red(warning))
        }
        let host = try await Host(configuration, isolation: isUnjailed ? .none : .jail)
        let reload = ConfigurationReload(since: loaded) { context.configurationLoader().load() }
        try await host.run(reload: reload) { host in
            try context.print("open \(host.publicURL) and enter the code \(host.signInCode)")
        }
    }
}
