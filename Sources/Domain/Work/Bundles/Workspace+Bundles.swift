internal import Git
internal import Objects

extension Workspace {
    /// The commit that the files were at, the one that the branch began at, and the branch. A rebuilt workspace begins
    /// there.
    static let headKey = "Jetbridge-Head"

    /// Snapshots that are to be stored.
    struct Bundle {
        let content: ObjectContent
        /// The newest one.
        let snapshot: Int
        let commit: GitObjectID
        /// Whether it needs no other bundle.
        let isFull: Bool
    }

    /// Where the files of a snapshot were.
    struct Head {
        let commit: GitObjectID
        /// The commit that the branch began at.
        let base: GitObjectID
        let branch: String

        /// From a snapshot's message; nil without a repository.
        init?(_ text: Substring) {
            let parts = text.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, let commit = GitObjectID(String(parts[0])), let base = GitObjectID(String(parts[1]))
            else { return nil }
            (self.commit, self.base, self.branch) = (commit, base, String(parts[2]))
        }
    }

    static func head(of record: WorkFiles.Record) -> Head? {
        self.trailer(self.headKey, of: record).flatMap { Head($0) }
    }

    /// The line of a new snapshot's message that says where the files are; empty where nothing is stored elsewhere.
    func headLine() async throws -> String {
        guard self.bundles != nil, let branch = self.branch, let base = self.base, let head = try await self.position()
        else { return "" }
        return "\n\(Self.headKey): \(head.hex) \(base.hex) \(branch)"
    }

    /// A bundle of the snapshots since an earlier bundle, or of the newest ones; nil if `last` already has the newest.
    func bundle(since previous: WorkspaceBundle?, last: WorkspaceBundle?, limit: Int) async throws -> Bundle? {
        try await self.call { files in
            let all = try await self.numbered()
            guard let newest = all.first, newest.number > last?.snapshot ?? 0 else { return nil }
            // Without the snapshot that it would continue, the bundle continues none.
            let before = previous.flatMap { previous in
                all.first { $0.number == previous.snapshot && $0.record.commit.hex == previous.commit }
            }
            let new = before.map { before in all.filter { $0.number > before.number } } ?? Array(all.prefix(limit))
            var references = new.map { (name: self.references + String($0.number), id: $0.record.commit) }
            var known: [GitObjectID] = []
            if let head = Self.head(of: newest.record) {
                references.append(("refs/heads/\(head.branch)", head.commit))
                known.append(head.base)
            }
            if let before {
                known.append(before.record.commit)
                // The history up to there is in the bundles before.
                if let head = Self.head(of: before.record), !known.contains(head.commit) { known.append(head.commit) }
            }
            let file = try await GitBundle(store: self.layout.store).make(
                references, without: known, in: self.layout.host)
            let content = try await ObjectContent(size: file.size) { start, count in
                try await files.read(file, at: start, upTo: count)
            }
            return Bundle(
                content: content, snapshot: newest.number, commit: newest.record.commit, isFull: before == nil)
        }
    }
}
