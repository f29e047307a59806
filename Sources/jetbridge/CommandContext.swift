internal import Host
internal import JSON

/// What a command works with.
struct CommandContext: Sendable {
    let arguments: Arguments
    let output: Terminal
    let errors: Terminal
    let surroundings: Surroundings
    let table: CommandTable

    /// Whether people should be spared everything but JSON.
    var isJSON: Bool { self.arguments.isJSON }

    /// Where the configuration is, by the command line and the environment.
    var configurationLoader: ConfigurationLoader {
        ConfigurationLoader(
            flags: ConfigurationFlags(
                file: self.arguments.value("config"), dataDirectory: self.arguments.value("data-dir"),
                listen: self.arguments.value("listen"), logLevel: self.arguments.value("log-level")),
            surroundings: self.surroundings)
    }

    /// The configuration; what is wrong with it goes to stderr, a line each, and ends the command with status 78.
    func loadConfiguration() throws(CommandFailure) -> LoadedConfiguration {
        let loaded = self.configurationLoader.load()
        try self.report(loaded.issues)
        guard loaded.configuration != nil else { throw CommandFailure(nil, status: .configuration) }
        return loaded
    }

    /// Prints issues to stderr, a line each.
    func report(_ issues: [ConfigurationIssue]) throws(CommandFailure) {
        for issue in issues {
            let text = issue.severity == .error ? self.errors.red("\(issue)") : self.errors.yellow("\(issue)")
            try self.errors.writeLine(text)
        }
    }

    /// Prints one JSON document on a line of its own.
    func print(_ json: JSON) throws(CommandFailure) {
        try self.output.writeLine(json.text)
    }

    func print(_ line: String) throws(CommandFailure) {
        try self.output.writeLine(line)
    }
}

extension CommandContext {
    /// Opens the configured store for `body` and closes it.
    func administering<Result>(_ body: (Administration) async throws -> Result) async throws -> Result {
        guard let configuration = try self.loadConfiguration().configuration else {
            throw CommandFailure(nil, status: .configuration)
        }
        let administration = try Administration(configuration)
        do {
            let result = try await body(administration)
            await administration.close()
            return result
        } catch {
            await administration.close()
            throw error
        }
    }
}
