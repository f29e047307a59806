import Chat
import Git
import Primitives

@testable import Work

/// A workspace in memory.
final class FakeWorkspace: WorkspaceFiles, WorkspaceDirectory {
    private struct State {
        var files: [String: [UInt8]] = [:]
        var snapshots: [(snapshot: WorkspaceSnapshot, files: [String: [UInt8]])] = []
        var commits: [CommitNotice] = []
        var isHolding = false
        var failure: WorkspaceFailure?
        var committed: [String] = []
        var listed = Int.max
    }

    private let state = Protected(State())
    let folder = "/nowhere"
    let branch: String? = "work"

    var files: [String] { self.state.withLock { $0.files.keys.sorted() } }
    var committed: [String] { self.state.withLock { $0.committed } }

    func fail(_ failure: WorkspaceFailure) { self.state.withLock { $0.failure = failure } }
    /// Of the files that differ, changes name only the first ones.
    func listChanges(atMost count: Int) { self.state.withLock { $0.listed = count } }
    func makeInside(_ commit: CommitNotice) { self.state.withLock { $0.commits.append(commit) } }

    func workspace(of place: SessionPlace) async throws -> any WorkspaceFiles { self }
    func obstacle(to repository: String, from current: String?, in session: String) async throws -> String? { nil }

    func snapshot(_ reason: String) async throws -> WorkspaceSnapshot {
        try self.state.withLock { state in
            if let failure = state.failure { throw failure }
            if let last = state.snapshots.last, last.files == state.files { return last.snapshot }
            let number = state.snapshots.count + 1
            let snapshot = WorkspaceSnapshot(id: "s\(number)", reason: reason, at: Int64(number), tree: "t\(number)")
            state.snapshots.append((snapshot, state.files))
            return snapshot
        }
    }

    func occupiedBytes() async -> Int64 { self.state.withLock { $0.files.values.reduce(0) { $0 + Int64($1.count) } } }

    func unrecordedFolders() async -> UnrecordedFolders { UnrecordedFolders() }

    func snapshots() async throws -> [WorkspaceSnapshot] {
        self.state.withLock { $0.snapshots.map(\.snapshot).reversed() }
    }

    func changes(from: String, to: String?) async throws -> WorkspaceChanges {
        try self.state.withLock { state in
            let old = state.snapshots.first { $0.snapshot.id == from }?.files ?? [:]
            var new = state.files
            if let to {
                guard let files = state.snapshots.first(where: { $0.snapshot.id == to })?.files else {
                    throw WorkspaceFailure("There is no snapshot \(to). `snapshots` lists them.")
                }
                new = files
            }
            let kept = new.keys.sorted().filter { old[$0] != new[$0] }.map {
                WorkspaceChange(kind: old[$0] == nil ? .added : .modified, path: $0, digest: "d-\($0)")
            }
            let deleted = old.keys.sorted().filter { new[$0] == nil }.map {
                WorkspaceChange(kind: .deleted, path: $0, digest: nil)
            }
            let all = kept + deleted
            return WorkspaceChanges(files: Array(all.prefix(state.listed)), count: all.count)
        }
    }

    func changeTally(from: String) async throws -> GitStat {
        GitStat(files: try await self.changes(from: from, to: nil).count, additions: 0, deletions: 0)
    }

    func diff() async throws -> String { self.files.isEmpty ? "" : self.files.map { "+\($0)\n" }.joined() }

    func restorePlan(_ snapshot: String) async throws -> RestorePlan {
        let now = try await self.snapshot("now")
        return RestorePlan(changes: try await self.changes(from: now.id, to: snapshot))
    }

    func restore(_ snapshot: String) async throws -> WorkspaceSnapshot {
        guard let files = self.state.withLock({ $0.snapshots.first { $0.snapshot.id == snapshot }?.files }) else {
            throw WorkspaceFailure("There is no snapshot \(snapshot). `snapshots` lists them.")
        }
        let record = try await self.snapshot("before restoring")
        self.state.withLock { $0.files = files }
        return record
    }

    func list(_ path: String, limit: Int) async throws -> [WorkspaceEntry] {
        self.state.withLock { state in
            state.files.sorted { $0.key < $1.key }.filter { $0.key.hasPrefix(path) }.map {
                WorkspaceEntry(path: $0.key, kind: .file, size: $0.value.count)
            }
        }
    }

    func open(_ path: String) async throws -> PlaceContent {
        let bytes = try await self.read(path, limit: .max)
        return PlaceContent(size: bytes.count) { start, count in Array(bytes[start...].prefix(count)) }
    }

    func read(_ path: String, limit: Int) async throws -> [UInt8] {
        guard let bytes = self.state.withLock({ $0.files[path] }) else {
            throw WorkspaceFailure("There is no file \(path).")
        }
        return bytes
    }

    func write(_ bytes: [UInt8], to path: String) async throws { self.state.withLock { $0.files[path] = bytes } }

    func find(_ path: String, limit: Int) async throws -> WorkspaceFile? {
        self.state.withLock { $0.files[path] }.map { WorkspaceFile(bytes: $0, isExecutable: false) }
    }

    func walk(_ walk: WorkspaceWalk) async throws -> (entries: [WorkspaceEntry], isCut: Bool) {
        (try await self.list(walk.path, limit: walk.limit), false)
    }

    func apply(_ edits: [WorkspaceEdit]) async throws {
        self.state.withLock { state in
            for edit in edits { state.files[edit.path] = edit.bytes }
        }
    }

    func draft() async throws -> CommitDraft? {
        let diff = try await self.diff()
        return diff.isEmpty ? nil : CommitDraft(digest: diff, files: self.files, diff: diff)
    }

    func commit(
        _ message: String, by author: Sender, turn: String, task: String?, expecting digest: String?
    ) async throws -> CommitNotice? {
        guard !self.files.isEmpty else { return nil }
        if let digest, try await self.draft()?.digest != digest { throw WorkspaceFailure("the files have changed") }
        self.state.withLock { $0.committed.append(message) }
        return Self.notice(message)
    }

    func discardChanges(_ reason: String) async throws -> WorkspaceSnapshot? { nil }

    func holdCommits() async throws { self.state.withLock { $0.isHolding = true } }

    func releaseCommits() async throws {
        self.state.withLock { state in if state.commits.isEmpty { state.isHolding = false } }
    }

    func jailCommits() async throws -> JailCommits? {
        self.state.withLock { state in
            guard !state.commits.isEmpty else { return nil }
            return JailCommits(
                subjects: state.commits.map(\.subject), changes: CommitDraft(digest: "a..b", files: [], diff: ""))
        }
    }

    func takeOverCommits(
        _ right: JailCommitsRight, by author: Sender, turn: String
    ) async throws -> [CommitNotice] {
        try self.state.withLock { state in
            if right == .ofPeople, state.isHolding, !state.commits.isEmpty { throw WorkspaceFailure("they are held") }
            state.isHolding = false
            defer { state.commits = [] }
            return state.commits
        }
    }

    static func notice(_ subject: String) -> CommitNotice {
        CommitNotice(
            repository: "notes", sha: String(repeating: "ab", count: 20), branch: "work", subject: subject, files: 1,
            additions: 2, deletions: 3)
    }
}
