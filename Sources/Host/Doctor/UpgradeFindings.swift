internal import Database
internal import Glibc
internal import Lifecycle
internal import Primitives

extension Doctor {
    /// Reports whether this program can take over from the release that was used until now. Changes nothing.
    package func examineBeforeUpgrade(report: (Finding) async throws -> Void) async throws {
        do {
            let directory = try DataDirectory(path: self.configuration.dataDirectory)
            let host = directory.servingHost.map { "; the host with pid \($0) is serving it" } ?? ""
            try await report(Finding("data", .ok, "\(directory.path) is usable\(host)"))
        } catch let error as HostError {
            return try await report(Finding("data", .failed, error.message))
        }
        try await report(self.schema())
        try await report(self.room())
        let advice = "none are made every day; make one now with 'jetbridge backup create FILE'"
        try await report(await self.backups() ?? Finding("backups", .warning, advice))
    }

    private func schema() -> Finding {
        do {
            let missing = try Stores.missing(in: self.configuration.store)
            let name = self.configuration.store.name
            guard let first = missing.first, let last = missing.last else {
                return Finding("schema", .ok, "release \(Release.version) uses the database \(name) as it is")
            }
            guard first.before > 0 else {
                return Finding("schema", .ok, "the first start makes the database \(name), with schema \(last.number)")
            }
            let change =
                "release \(Release.version) upgrades the database \(name) from schema \(first.before) to \(last.number) "
                + "(\(missing.map(\.name).joined(separator: ", ")))"
            guard missing.allSatisfy({ $0.minReader < first.number }) else {
                return Finding("schema", .warning, "\(change); going back then means restoring a backup")
            }
            return Finding("schema", .ok, "\(change); the release before can use it, too")
        } catch {
            return Finding("schema", .failed, "\(error)")
        }
    }

    /// A step may copy the largest table, and its log is as long.
    private func room() -> Finding {
        guard case .file(let path) = self.configuration.store else {
            return Finding("room", .ok, "the database is on a server, which needs room for a copy of its largest table")
        }
        var (facts, disk) = (stat(), statvfs())
        let size = stat(path, &facts) == 0 ? Int64(facts.st_size) : 0
        guard statvfs(self.configuration.dataDirectory, &disk) == 0 else {
            return Finding("room", .failed, "the disk of \(self.configuration.dataDirectory) cannot be measured")
        }
        let (free, needed) = ((Int64(disk.f_bavail) * Int64(disk.f_frsize)) >> 20, ((2 * size) >> 20) + 64)
        guard free >= needed else {
            return Finding(
                "room", .failed, "\(free) MiB are free, and an upgrade may need \(needed) MiB: free some space first")
        }
        return Finding("room", .ok, "\(free) MiB are free, and an upgrade needs at most \(needed) MiB")
    }
}
