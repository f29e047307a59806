package import Database
internal import Glibc
internal import Primitives

/// What the store names and a data directory lacks: parts of it were not copied.
package enum MissingData {
    /// One line for each part, with how to go on, and one if the clock is behind. Call it before anything is made anew.
    package static func lines(
        in source: BackupSource, objectsAreShared: Bool, _ store: Database, now: Int64 = WallClock.now()
    ) async throws -> [String] {
        let (used, files, workspaces, last) = try await store.read { connection in
            let used = try connection.query("SELECT DISTINCT repository FROM commits", []).map {
                try $0.text("repository")
            }
            let sums = try connection.first(
                "SELECT COALESCE(SUM(files), 0) AS files, COALESCE(SUM(workspace), 0) AS workspaces FROM sessions", [])
            let last = try connection.first("SELECT at FROM audit ORDER BY number DESC LIMIT 1", [])?.int64("at")
            return (used, try sums?.int("files") ?? 0, try sums?.int("workspaces") ?? 0, last ?? 0)
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
        if last > now + 60_000 {
            let (late, early) = (
                CivilTime(milliseconds: last).rfc3339Seconds, CivilTime(milliseconds: now).rfc3339Seconds
            )
            lines.append(
                "the clock says \(early), which is before the audit's last row (\(late)). Set the clock: until then, "
                    + "messages and backups get wrong times, and what expires lives longer.")
        }
        return lines
    }
}
