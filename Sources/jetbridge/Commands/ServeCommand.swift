internal import Host

struct ServeCommand: Command {
    let syntax = CommandSyntax(
        "serve", summary: "Serve the web chat, the API and the networks until stopped",
        discussion: """
            With no configuration at all it serves the web chat on this machine with the rehearsal model, and prints a \
            line with the address and the code that signs you in. The first TERM or INT lets running answers finish; a \
            second one ends them. HUP reads the configuration again.
            """,
        options: [
            OptionSyntax(
                "listen", .text("HOST:PORT"),
                help: "Where the gateway listens; port 0 takes a free one. Stronger than the file."),
            OptionSyntax(
                "log-level", .choice("LEVEL", ["trace", "debug", "info", "warning", "error"]),
                help: "How much is logged. Stronger than the file."),
        ],
        examples: ["jetbridge serve", "jetbridge serve --config jetbridge.yaml --listen 127.0.0.1:9000"])

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        LogParts.configure(configuration.log)
        try FaultSetting.arm(from: context.surroundings, for: configuration)
        let host = try await Host(configuration)
        let loader = context.configurationLoader
        try await host.run(reload: { loader.load() }) { host in
            try context.print("open \(host.publicURL) and enter the code \(host.signInCode)")
        }
    }
}
