internal import Agent
internal import JSON
internal import Jail
internal import Lifecycle
internal import Logging

/// What the machine offers for the jails of commands.
enum JailProbing {
    /// The folder of the workspaces.
    static func workspaces(in directory: String) -> String { "\(directory)/workspaces" }

    /// Tries everything at the start of a host, which holds the data directory's lock, and logs what was found.
    static func means(
        _ configuration: Configuration, _ isolation: CommandIsolation, in directory: DataDirectory, logger: Logger
    ) async -> JailMeans {
        let means =
            switch isolation {
            case .jail: await self.probe(configuration, in: directory, programs: "\(directory.path)/jail")
            case .none: JailMeans.off(.current())
            }
        // The start has failed for another reason, which ended the trial.
        guard !Task.isCancelled else { return means }
        let facts: JSONObject = [
            "jail": .string(means.status.line), "missing": .array(means.shortcomings.map { .string($0) }),
        ]
        switch means.status {
        case .ready: logger.info("commands run in a jail", facts)
        case .unavailable: logger.warning("commands are refused, because no jail can be started", facts)
        case .off: logger.warning("commands run without a jail: nothing protects this machine from them", facts)
        }
        if !Ripgrep.isInstalled { logger.warning("the model cannot search files", ["reason": .string(Ripgrep.remedy)]) }
        return means
    }

    /// - Parameter programs: Where the jail's programs stay; nil: nowhere.
    static func probe(
        _ configuration: Configuration, in directory: DataDirectory, programs: String? = nil
    ) async -> JailMeans {
        let folder = self.workspaces(in: directory.path)
        // If it cannot be made, the first workspace fails with the reason.
        try? PrivateFile.makeFolder(folder)
        return await JailMeans.probe(
            in: directory.path, programs: programs, limits: configuration.jail.limits.ofJail,
            firstUser: configuration.jail.firstUser)
    }
}

/// What separates commands from the host's machine.
package enum CommandIsolation: Sendable {
    /// Without a working jail, commands are refused.
    case jail
    /// Nothing: `--dangerously-run-commands-without-a-jail`.
    case none
}
