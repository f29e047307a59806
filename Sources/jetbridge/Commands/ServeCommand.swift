internal import Database
internal import EventLoop
internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Logging
internal import Primitives
internal import Sessions

struct ServeCommand: Command {
    let watchesSignals = true
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "serve", summary: "Serve the web chat, the API and the networks until stopped",
        discussion: """
            Without any configuration, serves the web chat on this machine with the rehearsal model. Prints the address \
            and a code that signs you in. The first TERM or INT lets running answers finish; a second one, sent at \
            least a second later, stops them. HUP reloads the configuration, USR2 restarts (see 'jetbridge restart'). Started by systemd, it reports its state \
            (Type=notify, WatchdogSec) and listens on the socket of a .socket unit in place of the configured address.
            """,
        options: [
            .listen(
                "Listen on this address; port 0 picks a free port. Overrides JETBRIDGE_LISTEN and the configuration."),
            .logLevel("How much to log. Overrides JETBRIDGE_LOG_LEVEL and the configuration."),
            OptionSyntax("check", help: "Only check that configuration and database suit this program, then exit."),
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
        var (configuration, loaded) = try context.loadConfigurationFile()
        if context.arguments.has("check") { return try Self.check(configuration) }
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
        if let address = try Self.inheritedAddress(context) { configuration.gateway.listen = address }
        let report = RestartReport(configuration.dataDirectory)
        let successor = Successor(
            arguments: Array(CommandLine.arguments.dropFirst()), environment: context.surroundings.environment)
        let listener = Protected<Int32?>(nil)
        let current = Protected<Host?>(nil)
        settings.replace = {
            if let (status, reason) = await successor.problem() {
                Logger(label: "host").error("no restart: \(reason)")
                report.write(.failed(status, reason))
                return false
            }
            guard let kept = await current.withLock({ $0 })?.keepListening() else {
                report.write(.failed(1, "it has not finished its start"))
                return false
            }
            listener.withLock { $0 = kept }
            return true
        }
        let host = try await Host(configuration, isolation: isUnjailed ? .none : .jail)
        let reload = ConfigurationReload(since: loaded) { context.configurationLoader().load() }
        do {
            try await host.run(settings, reload: reload) { [manager = settings.manager] host in
                try context.print("open \(host.publicURL) and enter the code \(host.signInCode)")
                manager?.tell(.ready, .status("Serving \(host.publicURL)"))
                current.withLock { $0 = host }
                report.write(.done(version: Release.version))
            }
        } catch {
            // What did not end in time ends with this program, and is recovered by the next one.
            guard listener.withLock({ $0 }) != nil else { throw error }
            Logger(label: "host").warning("the stop was cut short", ["error": .string("\(error)")])
        }
        current.withLock { $0 = nil }
        if let number = listener.withLock({ $0 }) {
            Logging.flush()
            throw CommandFailure(successor.takeOver(number))
        }
    }

    /// What a start would refuse, without changing anything.
    private static func check(_ configuration: Configuration) throws {
        guard case .file(let path) = configuration.store, access(path, F_OK) == 0 else { return }
        let (found, known) = (try StoreCopyFile.schema(of: path, isChecked: false), Schema.migrations.count)
        guard found <= known else {
            throw CommandFailure(
                "the database \(path) was written by a newer release (schema \(found); this one knows \(known))")
        }
    }

    /// Where the service manager's socket for the gateway listens.
    private static func inheritedAddress(_ context: CommandContext) throws(HostError) -> HostPort? {
        try InheritedSockets.ofProcess.adopt(context.surroundings.environment)
        return try InheritedSockets.ofProcess.address(for: "gateway").map {
            HostPort(host: $0.host, port: Int($0.port))
        }
    }
}
