internal import EventLoop
internal import Host
internal import Lifecycle
internal import Primitives

struct ServeCommand: Command {
    let watchesSignals = true
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "serve", summary: "Serve the web chat, the API and the networks until stopped",
        discussion: """
            Without any configuration, serves the web chat on this machine with the rehearsal model. Prints the address \
            and a code that signs you in. The first TERM or INT lets running answers finish; a second one, sent at \
            least a second later, stops them. HUP reloads the configuration, and USR2 replaces the program (see 'jetbridge \
            restart'). Started by systemd, it reports its state (Type=notify, WatchdogSec) and listens on the socket of a \
            .socket unit in place of the configured address.
            """,
        options: [
            .listen(
                "Listen on this address; port 0 picks a free port. Overrides JETBRIDGE_LISTEN and the configuration."),
            .logLevel("How much to log. Overrides JETBRIDGE_LOG_LEVEL and the configuration."),
            OptionSyntax(
                "check", help: "Only check that this program can serve with the configuration and the database."),
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
        if context.arguments.has("check") {
            _ = try Stores.missing(in: configuration.store)
            return try context.print(Successor.ability)
        }
        configuration.log.apply()
        try FaultSetting.arm(from: context.surroundings, for: configuration)
        let isUnjailed = context.arguments.has(Self.withoutJail)
        if isUnjailed {
            let warning = "warning: --\(Self.withoutJail): commands from threads can do whatever this user can"
            try context.errors.writeLine(context.errors.red(warning))
        }
        var settings = ServiceGroup.Settings()
        settings.manager = ServiceManager(environment: context.surroundings.environment)
        settings.manager?.tell(.status("Starting"))
        var listen = configuration.gateway.listen
        let socketName = try Self.inherit(context, &listen)
        let successor = Successor(
            RestartReport(configuration.dataDirectory), environment: context.surroundings.environment,
            socketName: socketName ?? Successor.ownSocket)
        settings.replace = { await successor.prepare() }
        let host = try await Host(configuration, at: listen, isolation: isUnjailed ? .none : .jail)
        let reload = ConfigurationReload(since: loaded) { context.configurationLoader().load() }
        let ending = try await host.run(settings, reload: reload) { [manager = settings.manager] host in
            try context.print("open \(host.publicURL) and enter the code \(host.signInCode)")
            manager?.tell(.ready, .status("Serving \(host.publicURL)"))
            successor.hostIsReady(host)
        }
        if ending != .replaced { Successor.endConnections() }
        switch ending {
        case .stopped: break
        case .interrupted: throw CommandFailure(nil, status: .interrupted)
        case .replaced: throw successor.takeOver()
        }
    }

    /// Takes over the sockets that were passed to this process. Where one is for the gateway, its address takes the place of
    /// `address`, and the result is its name.
    private static func inherit(_ context: CommandContext, _ address: inout HostPort) throws(HostError) -> String? {
        let sockets = InheritedSockets.ofProcess
        try sockets.adopt(context.surroundings.environment)
        guard let passed = try sockets.address(for: "gateway"), let name = sockets.name(of: passed) else { return nil }
        let inherited = HostPort(host: passed.host, port: Int(passed.port))
        let wanted = address.host == "localhost" ? HostPort(host: "127.0.0.1", port: address.port) : address
        if name == Successor.ownSocket, wanted.port != 0, wanted != inherited {
            // The configuration has changed with the restart. Closes the socket.
            _ = sockets.take(passed)
            return nil
        }
        address = inherited
        return name
    }
}
