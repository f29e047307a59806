internal import Jail
internal import Lifecycle
internal import Primitives

extension JailProbing {
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
}
