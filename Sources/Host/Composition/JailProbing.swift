internal import Agent
internal import JSON
internal import Jail
internal import Lifecycle
internal import Logging
internal import Primitives

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
            case .jail: await self.probe(configuration, in: directory)
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

    /// The line of `doctor`. Without a jail, only commands are refused.
    static func finding(_ configuration: Configuration, in directory: DataDirectory) async -> Finding {
        let means = await self.probe(configuration, in: directory)
        return self.finding(
            means.status, shortcomings: means.shortcomings, quota: configuration.jail.limits.workspaceQuota)
    }

    /// - Parameter bytes: The workspace quota.
    static func finding(_ status: JailStatus, shortcomings: [String], quota bytes: Int) -> Finding {
        let missing = shortcomings.isEmpty ? "" : " (\(shortcomings.joined(separator: "; ")))"
        switch status {
        case .ready(let bubblewrap, let limits, let quota):
            let detail =
                "Bubblewrap \(bubblewrap) holds; limits by \(limits), workspace quota \(bytes >> 20) MiB (\(quota))\(missing)"
            guard limits == "rlimits" else { return Finding("jail", .ok, detail) }
            return Finding(
                "jail", .warning,
                "\(detail); memory is limited for each process only, so delegate a control group: see docs/jail.md")
        case .unavailable(let reason): return Finding("jail", .warning, "commands are refused: \(reason)")
        case .off: return Finding("jail", .warning, status.line)
        }
    }

    /// What the host that serves the directory says about its jail, where that is a warning: the flag that switches the
    /// jail off is not in the configuration. Nil if no host answers.
    static func servingFinding(in directory: DataDirectory, patience: Duration) async -> Finding? {
        guard let pid = directory.servingHost, let address = directory.read("gateway.address"), !address.isEmpty,
            let jail = await withDeadline(patience, { await ServingHost(address: address).jail() }) ?? nil,
            jail.hasPrefix("off: ")
        else { return nil }
        return Finding(
            "jail", .warning,
            "the host serving this directory (pid \(pid)) has it \(jail); to use the jail, start it without "
                + "--dangerously-run-commands-without-a-jail")
    }

    private static func probe(_ configuration: Configuration, in directory: DataDirectory) async -> JailMeans {
        let folder = self.workspaces(in: directory.path)
        // If it cannot be made, the first workspace fails with the reason.
        try? PrivateFile.makeFolder(folder)
        return await JailMeans.probe(
            in: directory.path, limits: configuration.jail.limits.ofJail, firstUser: configuration.jail.firstUser)
    }
}

/// What separates commands from the host's machine.
package enum CommandIsolation: Sendable {
    /// Without a working jail, commands are refused.
    case jail
    /// Nothing: `--dangerously-run-commands-without-a-jail`.
    case none
}
