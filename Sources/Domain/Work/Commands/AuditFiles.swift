internal import Chat
internal import Git
internal import JSON

/// Changed files for the audit, in batches of bounded size. Pure.
struct AuditFiles {
    private static let batch = 500

    /// The files of the entry that ends the command.
    let first: JSON
    /// Those of further entries.
    let others: [JSON]

    init(_ changes: [WorkspaceChange]) {
        var batches = stride(from: 0, to: changes.count, by: Self.batch).map { start in
            JSON.array(changes[start..<min(start + Self.batch, changes.count)].map(Self.file))
        }
        self.first = batches.isEmpty ? [] : batches.removeFirst()
        self.others = batches
    }

    /// A file that was sent or received.
    static func file(_ file: TurnFile) -> JSON {
        [
            "path": .string(file.name), "size": JSON(file.bytes.count),
            "digest": WorkspaceChange.digest(of: file.bytes).map { .string($0) } ?? .null,
        ]
    }

    private static func file(_ change: WorkspaceChange) -> JSON {
        [
            "change": .string(change.kind.rawValue), "path": .string(change.path),
            "digest": change.digest.map { .string($0) } ?? .null,
        ]
    }
}
