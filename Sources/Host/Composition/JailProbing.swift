internal import JSON
internal import Jail
internal import Lifecycle
internal import Logging

/// What the machine offers for the jails of commands.
enum JailProbing {
    /// The folder of the workspaces.
    static func workspaces(in directory: String) -> String { "\(directory)/workspaces" }

    /// Tries everything at the start of a host, which holds the data directory's lock, and logs what was found.
    static func means(_ configuration: Configuration, in directory: DataDirectory, logger: Logger) async -> JailMeans {
        let means = await self.probe(configuration, in: directory)
        await means.quota.sweep(below: self.workspaces(in: directory.path))
        let facts: JSONObject = [
            "jail": .string(means.status.line), "missing": .array(means.shortcomings.map { .string($0) }),
        ]
        switch means.status {
        case .ready: logger.info("commands run in a jail", facts)
        case .unavailable: logger.warning("commands are refused, because no jail can be started", facts)
        }
        return means
    }

    /// The line of `doctor`. Without a jail, only commands are refused.
    static func finding(_ configuration: Configuration, in directory: DataDirectory) async -> Finding {
        let means = await self.probe(configuration, in: directory)
        let missing = means.shortcomings.isEmpty ? "" : " (\(means.shortcomings.joined(separator: "; ")))"
        switch means.status {
        case .ready(let bubblewrap, let limits, let quota):
            let detail = "Bubblewrap \(bubblewrap) holds; limits by \(limits), disk by \(quota)\(missing)"
            guard limits == "rlimits" else { return Finding("jail", .ok, detail) }
            return Finding(
                "jail", .warning,
                "\(detail); memory is limited for each process only, so delegate a control group: see docs/jail.md")
        case .unavailable(let reason): return Finding("jail", .warning, "commands are refused: \(reason)")
        }
    }

    private static func probe(_ configuration: Configuration, in directory: DataDirectory) async -> JailMeans {
        let folder = self.workspaces(in: directory.path)
        // If it cannot be made, the quota's probe fails with the reason.
        try? PrivateFile.makeFolder(folder)
        return await JailMeans.probe(
            firstUser: configuration.jail.firstUser)
    }
}
