internal import Audit
internal import Chat
internal import Git
internal import JSON
internal import Primitives

/// `files [NAME]`: lists the workspace's files, or sends one.
struct FilesTurn: TurnWorker {
    let bench: Workbench

    /// Entries of a listing.
    static let limit = 500

    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await self.bench.working {
            let workspace = try await self.bench.workspace(for: request)
            let name = Self.name(request.text)
            guard !name.isEmpty, !name.hasSuffix("/") else {
                return try await thread.report(.text(Self.text(of: try await workspace.list(name, limit: Self.limit))))
            }
            let bytes: [UInt8]
            do {
                bytes = try await workspace.read(name, limit: self.bench.settings[request.repository].fileLimit)
            } catch let failure as WorkspaceFailure {
                // A folder cannot be read, but it can be listed.
                guard let entries = try? await workspace.list(name, limit: Self.limit), !entries.isEmpty else {
                    throw failure
                }
                return try await thread.report(.text(Self.text(of: entries)))
            }
            let file = TurnFile(name: name, bytes: bytes)
            try await self.bench.announce(
                AuditEntry(.files, of: request, ["direction": "sent", "files": [AuditFiles.file(file)]]))
            try await thread.report(.file(file))
        }
    }

    /// A path below the workspace, also when a person writes it as the jail shows it.
    private static func name(_ text: String) -> String {
        for start in ["\(WorkbenchTexts.root)/", "./"] where text.hasPrefix(start) {
            return String(text.dropFirst(start.count))
        }
        return text == WorkbenchTexts.root || text == "." ? "" : text
    }

    private static func text(of entries: [WorkspaceEntry]) -> String {
        guard !entries.isEmpty else { return WorkbenchTexts.noFiles }
        let lines = entries.map { entry in
            switch entry.kind {
            case .folder: "\(entry.path)/"
            case .file, .link, .other: "\(entry.path)\(entry.size.map { "  \($0) B" } ?? "")"
            }
        }
        let more = entries.count == Self.limit ? "\n…" : ""
        return EscapedText.fenced(lines.map { VisibleText.strictLine($0) }.joined(separator: "\n") + more)
    }
}
