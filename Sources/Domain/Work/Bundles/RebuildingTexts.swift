internal import Git
internal import Primitives

/// What people read about a workspace that was rebuilt.
enum RebuildingTexts {
    /// - Parameter problem: Why it is not the newest state; nil if it is.
    static func rebuilt(_ bundle: WorkspaceBundle, limits: ScanRules, _ problem: String?) -> String {
        let older =
            problem.map {
                " This is an older state, because a newer one cannot be read (\($0)): later changes are lost."
            }
            ?? ""
        return "The thread's files were rebuilt on another host, as of snapshot s\(bundle.snapshot) "
            + "(\(CivilTime(milliseconds: bundle.at).rfc3339Seconds)).\(older) Lost are running jobs, the shell's "
            + "directory and variables, and files that snapshots leave out: those over \(limits.fileBytes >> 20) MiB, and "
            + "those nested deeper than \(limits.depth) folders. Commits of the jail that were not taken over are "
            + "uncommitted changes now."
    }

    static func lost(_ problem: String) -> String {
        "The thread's files could not be rebuilt on another host, because what was stored cannot be read (\(problem)). The "
            + "thread now has fresh files; changes that were not committed are lost, as are running jobs and the shell's "
            + "state."
    }

    static func noRepository(_ name: String, _ place: String) -> String {
        "The thread's files of the repository `\(name)`, which is not configured on this host, were not rebuilt. They are "
            + "stored in \(place): ask the operator for them. The thread now has fresh files."
    }

    static func failure(_ reason: String) -> WorkspaceFailure {
        WorkspaceFailure("the thread's files can't be rebuilt on this host now (\(reason)): try again in a minute")
    }
}
