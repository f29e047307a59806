internal import Audit
internal import Chat
internal import Jail
internal import Logging
internal import Sessions
internal import Workbench
internal import Workspaces

/// Sets up the workbench as configured.
enum WorkbenchSetup {
    /// What the workbench needs of the jail, the workspaces and the audit.
    struct Parts: Sendable {
        var shells: any ShellDirectory
        var workspaces: any WorkspaceDirectory
        var audit: any AuditRecorder
        var status: @Sendable () -> JailStatus
    }

    static func workbench(
        _ configuration: Configuration, store: SessionStore, metrics: Metrics, parts: Parts
    ) -> Workbench {
        let policy = CommandPolicy(rawValue: configuration.approvals.commands.rawValue) ?? .ask
        return Workbench(
            shells: parts.shells, workspaces: parts.workspaces, audit: parts.audit, log: StoredJobs(store: store),
            settings: WorkbenchSettings(
                timeout: configuration.jail.timeout, outputLimit: configuration.jail.output),
            policy: { policy }, status: parts.status,
            observe: { result, seconds in
                metrics.count(.jailCommands, ["result": result])
                metrics.observe(.jailSeconds, seconds: seconds)
            }, logger: Logger(label: "workbench"))
    }
}
