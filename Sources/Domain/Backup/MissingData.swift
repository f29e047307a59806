package import Database
internal import Glibc

/// What the store names and a data directory lacks: parts of it were not copied.
package enum MissingData {
    /// One line for each part, with how to go on. Call it before anything is made anew.
    package static func lines(in source: BackupSource, objectsAreShared: Bool, _ store: Database) async throws
        -> [String]
    {
        let (used, files, workspaces) = try await store.read { connection in
            let used = try connection.query("SELECT DISTINCT repository FROM commits", []).map {
                try $0.text("repository")
            }
            let sums = try connection.first(
                "SELECT COALESCE(SUM(files), 0) AS files, COALESCE(SUM(workspace), 0) AS workspaces FROM sessions", [])
            return (used, try sums?.int("files") ?? 0, try sums?.int("workspaces") ?? 0)
        }
        let remedy = "Stop the host and restore a backup. Without one"
        var lines = source.repositories.filter { used.contains($0.name) && access($0.path, F_OK) != 0 }.map {
            "the repository \($0.name) is missing at \($0.path) though threads have commits in it. \(remedy), a new, "
                + "empty one is made there, and links to its commits lead nowhere."
        }
        func isMissing(_ name: String) -> Bool { access("\(source.directory)/\(name)", F_OK) != 0 }
        if files > 0, !objectsAreShared, isMissing("files") {
            lines.append("people's files are missing at \(source.directory)/files. \(remedy), they cannot be shown.")
        }
        if workspaces > 0, !objectsAreShared, isMissing("workspaces") {
            lines.append(
                "the workspaces of threads are missing at \(source.directory)/workspaces. \(remedy), they are made anew "
                    + "from their branches, without what was not committed.")
        }
        return lines
    }
}
