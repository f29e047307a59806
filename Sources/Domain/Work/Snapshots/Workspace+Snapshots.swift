package import Git
internal import Jail
internal import Primitives
internal import Repositories

extension Workspace {
    private static let timeKey = "Jetbridge-At"
    private static let moveKey = "Jetbridge-Moved"
    /// One for each folder without files; their number, because there may be none.
    private static let folderKey = "Jetbridge-Folder"
    private static let folderCountKey = "Jetbridge-Folders"

    var references: String { "refs/jetbridge/snapshots/\(self.session)/" }

    package func snapshot(_ reason: String) async throws -> WorkspaceSnapshot {
        let snapshot = try await self.call { files in
            let scan = try await files.scan()
            return try await self.keep(scan, reason)
        }
        // Several at a time, because freeing the space of one takes as long as that of many.
        if self.dropped.withLock({ $0 }) >= max(1, self.settings.snapshots / 8) { _ = try? await self.prune() }
        try await self.boundSnapshots()
        return snapshot
    }

    package func occupiedBytes() async -> Int64 {
        await Int64(MeasuredQuota().usage(of: self.writableFolders + [self.layout.agent]).bytes)
    }

    /// What a snapshot's commit and folders occupy, in most cases.
    private static let recordSize = 64 << 10

    /// Drops the older half of the snapshots until the others have room.
    private func boundSnapshots() async throws {
        let limit = self.settings.snapshotBytes
        guard limit < .max else { return }
        let added = await Int(clamping: self.files.takeRecordedBytes()) + Self.recordSize
        var size = self.snapshotSize.withLock { $0.map { $0 + added } } ?? .max
        // What was added is known as an upper bound, the rest exactly.
        while size > limit {
            size = await MeasuredQuota().usage(of: [self.layout.store]).bytes
            guard size > limit else { break }
            let count = try await self.call { files in
                let old = try await self.numbered().map(\.number)
                for number in old.suffix(old.count / 2) { try await files.drop(self.references + String(number)) }
                return old.count / 2
            }
            // Without older ones, what is left belongs to the newest, or to scans that became none.
            guard try await self.prune() != nil, count > 0 else { break }
        }
        self.snapshotSize.withLock { $0 = size }
    }

    /// Frees the space of dropped snapshots and of scans that became none. Returns the number of removed objects; nil
    /// while the store is in use.
    package func prune() async throws -> Int? {
        do throws(GitError) {
            let removed = try await self.files.prune()
            if removed != nil { self.dropped.withLock { $0 = 0 } }
            return removed
        } catch {
            throw self.failure(error)
        }
    }

    package func snapshots() async throws -> [WorkspaceSnapshot] {
        try await self.call { files in
            try await self.numbered().map { Self.snapshot($0.number, $0.record, []) }
        }
    }

    package func unrecordedFolders() async -> UnrecordedFolders { await self.files.folders }

    package func changes(from: String, to: String?) async throws -> WorkspaceChanges {
        try await self.call { files in
            let old = try await self.find(from).record.tree
            let new = if let to { try await self.find(to).record.tree } else { try await self.scan(files) }
            return try await files.changes(from: old, to: new)
        }
    }

    /// The tree of the files after something has changed them. It is kept as a snapshot if another host can take over the
    /// workspace.
    func scan(_ files: WorkFiles) async throws -> GitObjectID {
        let scan = try await files.scan()
        if self.bundles != nil { _ = try await self.keep(scan, "after changes") }
        return scan.tree
    }

    package func changeTally(from: String) async throws -> GitStat {
        try await self.call { files in
            let (old, new) = (try await self.find(from).record.tree, try await self.scan(files))
            return try await files.stat(from: old, to: new)
        }
    }

    /// Without a repository, against the oldest snapshot.
    package func diff() async throws -> String {
        try await self.call { files in
            if let head = try await self.position() {
                let trees = try await files.treeToCommit(on: head, as: self.gitSettings(), isChecked: false)
                return try await files.difference(from: trees.old, to: trees.new, limit: self.settings.diffBytes)
            }
            guard let oldest = try await self.numbered().last else { return "" }
            let now = try await files.scan().tree
            return try await files.difference(from: oldest.record.tree, to: now, limit: self.settings.diffBytes)
        }
    }

    package func restorePlan(_ snapshot: String) async throws -> RestorePlan {
        try await self.call { files in
            let (tree, conflicts, _) = try await self.restored(snapshot, files)
            let changes = try await files.changes(from: files.scan().tree, to: tree)
            return RestorePlan(changes: changes, conflicts: conflicts)
        }
    }

    package func restore(_ snapshot: String) async throws -> WorkspaceSnapshot {
        try await self.call { files in
            let state = try await self.restored(snapshot, files)
            let (before, restoration) = try await files.restore(state.tree, keeping: state.folders)
            let kept = try await self.keep(before, "before restoring \(snapshot)")
            guard restoration.failed.isEmpty else {
                let named = restoration.failed.prefix(3).map { "\($0.path): \($0.reason)" }.joined(separator: "; ")
                throw WorkspaceFailure(
                    "\(restoration.failed.count) files could not be restored (\(named)); "
                        + "the state before is \(kept.id): move what is in the way, then try again")
            }
            if self.bundles != nil { _ = try await self.scan(files) }
            return kept
        }
    }

    /// What the files become when a snapshot is restored: a snapshot is of the commit that the files were at, so what
    /// others have committed to the branch since is added. Otherwise the next commit would take theirs back.
    private func restored(
        _ snapshot: String, _ files: WorkFiles
    ) async throws -> (tree: GitObjectID, conflicts: [String], folders: EmptyFolders?) {
        let target = try await self.find(snapshot)
        let moves = try await self.numbered().filter { $0.number >= target.number }.reversed()
            .compactMap { Self.trailer(Self.moveKey, of: $0.record).flatMap { BranchMove($0) } }
        let (tree, conflicts) = try await files.tree(
            target.record.tree, after: moves, as: self.gitSettings())
        return (tree, conflicts, Self.folders(of: target.record))
    }

    /// Keeps a scan as the next snapshot. Returns the newest one if it is the same.
    ///
    /// - Parameter moved: Where the files have come from this state. Such a snapshot is always a new one.
    func keep(
        _ scan: WorkFiles.Scan, _ reason: String, moved: BranchMove? = nil
    ) async throws -> WorkspaceSnapshot {
        var notes = scan.skipped.map { "\($0.path): \($0.reason)" }
        if scan.skippedCount > notes.count { notes.append("and \(scan.skippedCount - notes.count) more") }
        let existing = try await self.numbered()
        if moved == nil, let newest = existing.first, newest.record.tree == scan.tree,
            Self.folders(of: newest.record) == scan.folders.empty
        {
            var snapshot = Self.snapshot(newest.number, newest.record, notes)
            snapshot.folders = scan.folders
            return snapshot
        }
        var number = (existing.first?.number ?? 0) + 1
        let now = self.now()
        let line = String(reason.map { $0.isNewline ? " " : $0 })
        let way = moved.map { "\n\(Self.moveKey): \($0.text)" } ?? ""
        let folders = scan.folders.empty.map { empty in
            "\n\(Self.folderCountKey): \(empty.paths.count)"
                + empty.paths.map { "\n\(Self.folderKey): \($0)" }.joined()
        }
        let head = try await self.headLine()
        let message = "\(line)\n\n\(Self.timeKey): \(now)\(head)\(way)\(folders ?? "")"
        // Another snapshot may be made at the same time.
        while try await !self.keep(scan.tree, number, message, now) { number += 1 }
        for old in existing.dropFirst(max(1, self.settings.snapshots) - 1) {
            try await self.files.drop(self.references + String(old.number))
            self.dropped.withLock { $0 += 1 }
        }
        self.bundles?.store(self)
        return WorkspaceSnapshot(
            id: "s\(number)", reason: line, at: now, tree: scan.tree.hex, notes: notes, folders: scan.folders)
    }

    /// False if the number is taken.
    private func keep(_ tree: GitObjectID, _ number: Int, _ message: String, _ now: Int64) async throws -> Bool {
        do {
            try await self.files.keep(
                tree, at: self.references + String(number), message: message, by: .jetbridge(seconds: now / 1_000))
            return true
        } catch {
            guard error.code == .exists else { throw error }
            return false
        }
    }

    /// Newest first.
    func numbered() async throws -> [(number: Int, record: WorkFiles.Record)] {
        try await self.files.records(below: self.references).compactMap { record in
            Int(record.name).map { ($0, record) }
        }.sorted { $0.number > $1.number }
    }

    private func find(_ id: String) async throws -> (number: Int, record: WorkFiles.Record) {
        let all = try await self.numbered()
        let wanted = id.beginning(bytes: 32).lowercased()
        if let found = all.first(where: { "s\($0.number)" == wanted || String($0.number) == wanted }) {
            return found
        }
        let newest = all.first.map { "; the newest is s\($0.number)" } ?? ""
        throw WorkspaceFailure("there is no snapshot \(id.prefix(20))\(newest): choose one that `snapshot` answered")
    }

    private static func snapshot(_ number: Int, _ record: WorkFiles.Record, _ notes: [String]) -> WorkspaceSnapshot {
        let reason = record.message.prefix { $0 != "\n" }
        let trailers = SnapshotTrailers(record)
        let time = trailers[Self.timeKey].flatMap { Int64(untrusted: $0) }
        return WorkspaceSnapshot(
            id: "s\(number)", reason: String(reason), at: time ?? record.seconds * 1_000, tree: record.tree.hex,
            notes: notes, folders: UnrecordedFolders(empty: Self.folders(in: trailers)))
    }

    /// Nil if the record does not say.
    static func folders(of record: WorkFiles.Record) -> EmptyFolders? { self.folders(in: SnapshotTrailers(record)) }

    private static func folders(in trailers: SnapshotTrailers) -> EmptyFolders? {
        guard trailers[self.folderCountKey] != nil else { return nil }
        return EmptyFolders(paths: trailers.all(self.folderKey).map(String.init))
    }

    static func trailer(_ key: String, of record: WorkFiles.Record) -> Substring? { SnapshotTrailers(record)[key] }
}

/// The lines `KEY: VALUE` below the reason in a snapshot's message, read in one pass: there may be one for each of a
/// thousand folders.
struct SnapshotTrailers {
    private let values: [String: [Substring]]

    init(_ record: WorkFiles.Record) {
        var values: [String: [Substring]] = [:]
        // The first line is the reason, which people may have written. By bytes: a path may be one long run of marks.
        for line in record.message.utf8.split(separator: UInt8(ascii: "\n")).dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let rest = line[colon...].dropFirst()
            guard rest.first == UInt8(ascii: " ") else { continue }
            values[String(Substring(line[..<colon])), default: []].append(Substring(rest.dropFirst()))
        }
        self.values = values
    }

    /// The last line with a key.
    subscript(_ key: String) -> Substring? { self.values[key]?.last }

    func all(_ key: String) -> [Substring] { self.values[key] ?? [] }
}
