internal import Database
internal import Host
internal import JSON
internal import Lifecycle
internal import Store

/// A command's arguments and surroundings.
struct CommandContext: Sendable {
    /// The command's words.
    let path: [String]
    let arguments: Arguments
    let output: Terminal
    let errors: Terminal
    let surroundings: Surroundings
    let table: CommandTable

    var isJSON: Bool { self.arguments.isJSON }

    /// Who decides something on the command line.
    var user: String {
        self.surroundings.environment["USER"] ?? self.surroundings.environment["LOGNAME"] ?? "the host"
    }

    /// - Parameter flags: The command's own flags; the common ones are added.
    func configurationLoader(_ flags: ConfigurationFlags? = nil) -> ConfigurationLoader {
        var flags =
            flags
            ?? ConfigurationFlags(listen: self.arguments.value("listen"), logLevel: self.arguments.value("log-level"))
        flags.file = flags.file ?? self.arguments.value("config")
        flags.dataDirectory = self.arguments.value("data-dir")
        return ConfigurationLoader(flags: flags, surroundings: self.surroundings)
    }

    /// Loads the configuration and prints its issues to stderr, one line each. Throws with status 78 if it has errors,
    /// and with status 64 if they are in the command line.
    func loadConfiguration(_ flags: ConfigurationFlags? = nil) throws -> Configuration {
        try self.loadConfigurationFile(flags).configuration
    }

    /// Like ``loadConfiguration(_:)``, with what was loaded.
    func loadConfigurationFile(
        _ flags: ConfigurationFlags? = nil
    ) throws -> (configuration: Configuration, loaded: LoadedConfiguration) {
        let loaded = self.configurationLoader(flags).load()
        let mistake = loaded.errors.first { $0.source?.hasPrefix("--") == true }
        try self.report(loaded.issues.filter { $0 != mistake })
        if let mistake { throw UsageError(message: "\(mistake)", path: self.path) }
        guard let configuration = loaded.configuration else { throw CommandFailure(nil, status: .configuration) }
        return (configuration, loaded)
    }

    /// Prints issues to stderr, one line each.
    func report(_ issues: [ConfigurationIssue]) throws(CommandFailure) {
        for issue in issues {
            let text = issue.severity == .error ? self.errors.red("\(issue)") : self.errors.yellow("\(issue)")
            try self.errors.writeLine(text)
        }
    }

    /// Prints a JSON document on one line.
    func print(_ json: JSON) throws(CommandFailure) {
        try self.output.writeLine(json.text)
    }

    func print(_ line: String) throws(CommandFailure) {
        try self.output.writeLine(line)
    }
}

/// The configured store, which commands read and change whether or not a host serves.
extension CommandContext {
    /// Opens the store for `body`, then closes it.
    ///
    /// - Parameter known: The configuration, if it is loaded already.
    func withStore<Result>(
        _ known: Configuration? = nil, _ body: (SessionStore, Configuration) async throws -> Result
    ) async throws -> Result {
        let configuration = try known ?? self.loadConfiguration()
        let directory = try DataDirectory(path: configuration.dataDirectory)
        let store = SessionStore(database: try Stores.open(configuration))
        do {
            if let notice = directory.restriction { try self.errors.writeLine(self.errors.yellow(notice)) }
            let result = try await body(store, configuration)
            await store.database.close()
            return result
        } catch {
            await store.database.close()
            throw error
        }
    }

    /// Reads the store in one transaction.
    func reading<Result: Sendable>(
        _ known: Configuration? = nil, _ body: @escaping @Sendable (Ledger) throws -> Result
    ) async throws -> Result {
        try await self.withStore(known) { store, _ in try await store.read(body) }
    }
}
