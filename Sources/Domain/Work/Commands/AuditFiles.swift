internal import Chat
package import Git
package import JSON

/// Changed files for the audit, in batches of bounded size, each of which is made when it is recorded. Pure.
package struct AuditFiles {
    private static let batch = 500

    private let changes: [WorkspaceChange]

    package init(_ changes: WorkspaceChanges?) { self.changes = changes?.files ?? [] }

    /// The files of the entry that ends the command.
    var first: JSON { self.files(from: 0) }

    /// Those of further entries.
    var others: some Sequence<JSON> { self.batches(from: Self.batch) }

    /// Those of each entry.
    package var all: some Sequence<JSON> { self.batches(from: 0) }

    private func batches(from start: Int) -> some Sequence<JSON> {
        stride(from: start, to: self.changes.count, by: Self.batch).lazy.map { self.files(from: $0) }
    }

    private func files(from start: Int) -> JSON {
        .array(self.changes[start...].prefix(Self.batch).map(Self.file))
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
