internal import Git
internal import JSON
internal import Primitives
internal import Work

/// `edit`, `patch` and `write`: computes the files' new contents before anybody is asked, and writes those.
struct EditTool: Tool {
    let files: any WorkspaceFiles
    let state: TurnState

    /// A file before and after.
    private struct Replacement {
        let path: String
        let before: WorkspaceFile?
        /// Nil removes it.
        let after: WorkspaceFile?
    }

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let replacements: [Replacement] =
            switch call.tool.name {
            case "edit": [try await self.edit(call)]
            case "write": [try await self.write(call)]
            default: try await self.patch(call)
            }
        for replacement in replacements {
            let size = replacement.after?.bytes.count ?? 0
            // The next edit could not read it.
            guard size <= ToolLimits.fileBytes else {
                throw ToolFailure(
                    "the file \(replacement.path) would have \(size) bytes, over the limit of \(ToolLimits.fileBytes)")
            }
        }
        var subject = ""
        var (added, removed) = (0, 0)
        for replacement in replacements {
            let diff = try UnifiedDiff(
                path: replacement.path, old: replacement.before?.bytes, new: replacement.after?.bytes)
            if let after = replacement.after, after.isExecutable != replacement.before?.isExecutable ?? false {
                subject += "\(replacement.path): \(after.isExecutable ? "executable" : "no longer executable")\n"
            }
            if replacement.before?.bytes != replacement.after?.bytes || replacement.before == nil {
                subject += diff.text
            }
            (added, removed) = (added + diff.added, removed + diff.removed)
            guard subject.utf8.count <= ToolLimits.patchBytes else {
                throw ToolFailure("The change is too large to be shown: make it in several steps.")
            }
        }
        let name = replacements.count == 1 ? replacements[0].path.titled() : "\(replacements.count) files"
        return ToolIntent(
            call: call, subject: subject, directory: "/workspace",
            title: "\(call.tool.name) \(name) +\(added) −\(removed)",
            preconditions: replacements.map {
                ToolIntent.Precondition(path: $0.path, digest: $0.before?.digest)
            },
            changes: replacements.map {
                ToolIntent.Change(
                    path: $0.path, bytes: $0.after?.bytes,
                    isExecutable: $0.after?.isExecutable == $0.before?.isExecutable ? nil : $0.after?.isExecutable)
            })
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let expected = Dictionary(intent.preconditions.map { ($0.path, $0.digest) }) { first, _ in first }
        let edits = try intent.changes.map { change throws(ToolFailure) in
            guard let digest = expected[change.path] else {
                throw ToolFailure("Nothing was changed: \(change.path) was not checked before.")
            }
            return WorkspaceEdit(
                path: change.path, expected: digest, bytes: change.bytes, isExecutable: change.isExecutable)
        }
        guard !edits.isEmpty else { throw ToolFailure("There is nothing to change.") }
        // First, so that a change in between is noticed before a snapshot is made.
        for edit in edits {
            let now = try await self.files.find(edit.path, limit: ToolLimits.fileBytes)
            guard now?.digest == edit.expected else {
                throw ToolFailure("Nothing was changed: \(edit.path) is not what it was. Read it again.")
            }
        }
        try await self.state.prepareChange(of: self.files)
        try await self.files.apply(edits)
        for edit in edits {
            let wasKnown = edit.expected == nil || self.state.ledger.digest(of: edit.path) == edit.expected
            if wasKnown || intent.call.tool.name == "write" {
                self.state.note(edit.path, edit.bytes.map { WorkspaceFile.digest(of: $0) })
            }
        }
        return ToolResult(.done, text: "Done: \(intent.title)", summary: intent.title, hasChanges: true)
    }

    // MARK: The three tools

    private func edit(_ call: CheckedCall) async throws -> Replacement {
        let path = try WorkspacePath.ofFile(call.text("path"))
        guard let file = try await self.find(path) else { throw await ReadTool.missing(path, in: self.files) }
        guard !TextKind.isBinary(file.bytes) else {
            throw ToolFailure("\(path) is a \(TextKind.name(of: file.bytes)) of \(file.bytes.count) bytes, not text.")
        }
        let edit = TextEdit(
            old: call.text("old"), new: call.text("new"), all: call.arguments["all"]?.boolValue ?? false)
        do throws(EditFailure) {
            let result = try edit.apply(to: file.bytes)
            return Replacement(
                path: path, before: file, after: WorkspaceFile(bytes: result.bytes, isExecutable: file.isExecutable))
        } catch {
            throw ToolFailure("\(path): \(error.text)\(error.kind == .notFound ? self.staleness(path, file) : "")")
        }
    }

    private func write(_ call: CheckedCall) async throws -> Replacement {
        let path = try WorkspacePath.ofFile(call.text("path"))
        let bytes = Array(call.text("text").utf8)
        guard let file = try await self.find(path) else {
            return Replacement(path: path, before: nil, after: WorkspaceFile(bytes: bytes, isExecutable: false))
        }
        guard file.bytes != bytes else {
            throw ToolFailure("\(path) has exactly this text already: nothing to change.")
        }
        guard self.state.ledger.digest(of: path) == file.digest else {
            let stale = self.staleness(path, file)
            throw ToolFailure(
                "\(path) exists.\(stale.isEmpty ? " Read it before you replace it, or use edit." : stale)")
        }
        return Replacement(
            path: path, before: file, after: WorkspaceFile(bytes: bytes, isExecutable: file.isExecutable))
    }

    private func patch(_ call: CheckedCall) async throws -> [Replacement] {
        let plan = try PatchPlan(call.text("text")) { path throws(ToolFailure) in try WorkspacePath.ofFile(path) }
        var files: [String: WorkspaceFile] = [:]
        var size = 0
        for path in plan.paths {
            files[path] = try await self.find(path)
            size += files[path]?.bytes.count ?? 0
            guard size <= ToolLimits.patchBytes else {
                throw ToolFailure(
                    "The files of the patch have more than \(ToolLimits.patchBytes >> 20) MiB together: send several "
                        + "patches.")
            }
        }
        return try plan.apply(to: files).map { Replacement(path: $0, before: files[$0], after: $1) }
    }

    private func find(_ path: String) async throws -> WorkspaceFile? {
        try await self.files.find(path, limit: ToolLimits.fileBytes)
    }

    private func staleness(_ path: String, _ file: WorkspaceFile) -> String {
        guard let known = self.state.ledger.digest(of: path), known != file.digest else { return "" }
        return " It has changed since you read it: read it again."
    }
}
