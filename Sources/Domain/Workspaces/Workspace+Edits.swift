internal import Git

extension Workspace {
    /// Bytes of a file that an edit replaces.
    private static let editLimit = 64 << 20

    package func find(_ path: String, limit: Int) async throws -> WorkspaceFile? {
        try await self.call { files in
            try await files.file(path, limit: limit).map {
                WorkspaceFile(bytes: $0.bytes, isExecutable: $0.isExecutable)
            }
        }
    }

    package func walk(_ walk: WorkspaceWalk) async throws -> (entries: [WorkspaceEntry], isCut: Bool) {
        try await self.call { files in
            let found = try await files.walk(
                WorkFiles.Walk(
                    walk.path, glob: walk.glob, depth: walk.depth, limit: walk.limit, isWhole: walk.isWhole))
            return (found.entries.map(Self.entry), found.isCut)
        }
    }

    package func apply(_ edits: [WorkspaceEdit]) async throws {
        try await self.call { files in
            try await files.apply(
                edits.map { edit in
                    WorkFiles.Edit(path: edit.path, bytes: edit.bytes, isExecutable: edit.isExecutable) { state in
                        state.map { WorkspaceFile.digest(of: $0.bytes) } == edit.expected
                    }
                }, limit: Self.editLimit)
        }
    }

    static func entry(_ entry: WorkFiles.Entry) -> WorkspaceEntry {
        let kind: WorkspaceEntry.Kind =
            switch entry.kind {
            case .file: .file
            case .folder: .folder
            case .link: .link
            case .other: .other
            }
        return WorkspaceEntry(path: entry.path, kind: kind, size: kind == .folder ? nil : Int(entry.size))
    }
}
