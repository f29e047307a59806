internal import Audit
internal import Chat
internal import Jail
internal import Workbench
internal import Workspaces

/// For a host without jails: every command and every use of a workspace is refused.
struct NoWorkbenchParts: ShellDirectory, WorkspaceDirectory, AuditRecorder {
    static let reason = "this host has no jail. Run `jetbridge doctor` for the reason."

    static let parts = WorkbenchSetup.Parts(
        shells: Self(), workspaces: Self(), audit: Self(),
        status: { JailStatus(summary: "none", refusal: Self.reason, profile: "none", limits: "none") })

    func shell(of place: SessionPlace, workspace: any WorkspaceFiles) async throws -> any Shell {
        throw JailFailure(Self.reason)
    }

    func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles { throw WorkspaceFailure(Self.reason) }

    func record(_ entry: AuditEntry) async throws { throw WorkspaceFailure(Self.reason) }
}
