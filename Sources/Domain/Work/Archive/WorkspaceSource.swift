internal import Git
internal import JSON
internal import Jail
internal import Primitives
internal import Repositories

/// A workspace as archive entries:
///
/// - `repository.bundle`: the thread's branch and the snapshots, for `git clone` and `git fetch`;
/// - `workspace/`: the files;
/// - `git/`: the jail's Git folder, only if it has commits that the repository does not have;
/// - `workspace.json`: the branch, the snapshots, and what is left out.
///
/// Runs no program. What was left out, and why, is at most 1,000 lines, and 100 for the pipes and the like of a folder.
package final class WorkspaceSource: ArchiveSource {
    private static let pieceSize = 256 << 10
    private static let mostSkipped = 1_000

    private let workspace: Workspace
    /// Bytes of files beyond a multiple of what the workspace takes on the disk: here, each hard link is a file, and holes
    /// become zeros.
    private let slack: Int
    private static let expansion = 8
    /// Of the files, as the bundle has them.
    private let tree = Protected<String?>(nil)

    init(_ workspace: Workspace, slack: Int = 4 << 30) {
        self.workspace = workspace
        self.slack = slack
    }

    package func entries(_ add: (ArchiveEntry) async throws -> Void) async throws {
        let files = self.workspace.files
        do {
            let hold = try await files.hold()
            defer { withExtendedLifetime(hold) {} }
            let snapshot = try await self.workspace.snapshot("archived")
            self.tree.withLock { $0 = snapshot.tree }
            let branch = try await self.addBundle(add)
            var skipped: [SkippedFile] = []
            let layout = self.workspace.layout
            let held = await MeasuredQuota().usage(of: [layout.files, layout.git]).bytes
            var room = self.slack + Self.expansion * held
            try await Self.add(files, below: "workspace", within: &room, &skipped, add)
            if try await self.workspace.hasForeignCommits() {
                let git = WorkFiles(
                    folder: self.workspace.layout.git, store: self.workspace.layout.store,
                    rules: self.workspace.settings.scan)
                try await Self.add(git, below: "git", within: &room, &skipped, add)
            }
            try await self.addSummary(branch, skipped, add)
        } catch let error as GitError {
            throw self.workspace.failure(error)
        }
        await self.workspace.rest()
    }

    /// Call it when the archive is stored: the files as they were count as saved from then on.
    package func markArchived() async throws {
        guard let tree = self.tree.withLock({ $0 }) else { return }
        try await self.workspace.layout.apart { try $0.writeArchived(tree) }
    }

    /// Returns the branch's commit.
    private func addBundle(_ add: (ArchiveEntry) async throws -> Void) async throws -> GitObjectID? {
        let workspace = self.workspace
        let snapshots = try await workspace.numbered()
        var references = snapshots.map { (name: workspace.references + String($0.number), id: $0.record.commit) }
        let head = try await workspace.head()?.head
        if let head, let branch = workspace.branch { references.insert(("refs/heads/\(branch)", head), at: 0) }
        // What `git clone` checks out.
        guard let first = references.first else { return nil }
        references.insert(("HEAD", first.id), at: 0)
        let layout = workspace.layout
        let bundle = try await GitBundle(store: layout.store).make(references, in: layout.host)
        try await add(Self.entry(Array("repository.bundle".utf8), bundle, of: workspace.files))
        return head
    }

    /// Adds a folder and all that is in it, but for files that have no room.
    private static func add(
        _ files: WorkFiles, below name: String, within room: inout Int, _ skipped: inout [SkippedFile],
        _ add: (ArchiveEntry) async throws -> Void
    ) async throws {
        func place(_ path: [UInt8]) -> [UInt8] { Array("\(name)/".utf8) + path }
        func skip(_ path: [UInt8], _ reason: String) {
            guard skipped.count < Self.mostSkipped else { return }
            skipped.append(SkippedFile(path: String(decoding: path, as: UTF8.self), reason: reason))
        }
        try await add(ArchiveEntry(path: name, mode: 0o755, modified: 0, content: .folder))
        func joined(_ folder: [UInt8], _ name: [UInt8]) -> [UInt8] {
            folder.isEmpty ? name : folder + [UInt8(ascii: "/")] + name
        }
        // Names, not paths: thousands of folders may be below a long path.
        var waiting: [(path: [UInt8], names: [[UInt8]])] = [([], [[]])]
        while let last = waiting.indices.last {
            guard let next = waiting[last].names.popLast() else {
                waiting.removeLast()
                continue
            }
            let folder = joined(waiting[last].path, next)
            let (entries, left) = try await files.contents(of: folder)
            skipped += left.prefix(max(0, Self.mostSkipped - skipped.count))
            waiting.append((folder, entries.filter { $0.kind == .folder }.map(\.name)))
            for entry in entries {
                let path = joined(folder, entry.name)
                switch entry.kind {
                case .folder:
                    try await add(
                        ArchiveEntry(
                            path: place(path), mode: entry.mode & 0o777, modified: entry.modified,
                            content: .folder))
                case .link:
                    guard let target = try await files.linkTarget(of: entry.name, in: folder) else { continue }
                    try await add(
                        ArchiveEntry(
                            path: place(path), mode: 0o777, modified: entry.modified,
                            content: .link(target: target)))
                case .file:
                    guard let file = try await files.openFile(path) else {
                        skip(path, "it can't be opened, or is a hard link to a file of another user")
                        continue
                    }
                    guard file.size <= room else {
                        skip(path, "hard links or holes make the files too large together")
                        continue
                    }
                    room -= file.size
                    try await add(Self.entry(place(path), file, of: files))
                }
            }
        }
    }

    /// The bits that change who a program runs as are left out.
    private static func entry(_ path: [UInt8], _ file: OpenFile, of files: WorkFiles) -> ArchiveEntry {
        ArchiveEntry(
            path: path, mode: file.mode & 0o777, modified: file.modified,
            content: .file(size: file.size) {
                let position = Protected(0)
                return {
                    let start = position.withLock { $0 }
                    let piece = try await files.read(file, at: start, upTo: Self.pieceSize)
                    position.withLock { $0 += piece.count }
                    return piece.isEmpty ? nil : piece
                }
            })
    }

    private func addSummary(
        _ head: GitObjectID?, _ skipped: [SkippedFile], _ add: (ArchiveEntry) async throws -> Void
    ) async throws {
        func text(_ value: String?) -> JSON { value.map { JSON.string($0) } ?? .null }
        let workspace = self.workspace
        let snapshots = try await workspace.snapshots().map { snapshot -> JSON in
            [
                "id": .string(snapshot.id), "reason": .string(snapshot.reason), "tree": .string(snapshot.tree),
                "at": .string(CivilTime(milliseconds: snapshot.at).rfc3339),
            ]
        }
        let json: JSON = [
            "repository": text(workspace.repositoryName), "branch": text(workspace.branch),
            "commit": text(head?.hex), "snapshots": .array(snapshots),
            "left_out": .array(skipped.map { ["path": .string($0.path), "reason": .string($0.reason)] }),
        ]
        try await add(
            ArchiveEntry(path: "workspace.json", modified: workspace.now() / 1_000, bytes: json.bytes + [0x0A]))
    }
}
