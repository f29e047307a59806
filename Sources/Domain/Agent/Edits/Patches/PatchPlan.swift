internal import Git
internal import Primitives

/// Applies a patch to files in memory: all of it or nothing. Pure.
struct PatchPlan: Sendable {
    private let patches: [FilePatch]

    /// Reads the patch, in any of its forms. `place` makes a path of the workspace of what the patch names.
    init(_ text: String, place: (String) throws(ToolFailure) -> String = { $0 }) throws(ToolFailure) {
        var patches: [FilePatch] = []
        for patch in try PatchReader.read(text) {
            patches.append(
                FilePatch(
                    kind: patch.kind, path: try place(patch.path), target: try patch.target.map(place),
                    hunks: patch.hunks, edits: patch.edits, isExecutable: patch.isExecutable))
        }
        self.patches = patches
    }

    /// The files that it reads or writes, in its order.
    var paths: [String] {
        var seen: Set<String> = []
        return self.patches.flatMap { [$0.path] + [$0.target].compactMap(\.self) }.filter { seen.insert($0).inserted }
    }

    /// The files afterwards; nil for one that is gone. Only those that differ.
    ///
    /// - Parameter files: What is at ``paths`` now; a missing one is a file that does not exist.
    func apply(
        to files: [String: WorkspaceFile]
    ) throws(ToolFailure) -> [(path: String, file: WorkspaceFile?)] {
        var now = files
        var failures: [String] = []
        let effort = EditEffort()
        for patch in self.patches {
            do throws(EditFailure) {
                try Self.apply(patch, to: &now, effort)
            } catch {
                failures.append("\(VisibleText.line(patch.path)): \(error.text)")
            }
        }
        guard failures.isEmpty else {
            let shown = failures.prefix(5).joined(separator: "\n\n")
            let more = failures.count > 5 ? "\n\n… and \(failures.count - 5) more files." : ""
            throw ToolFailure("Nothing was changed, because the patch does not apply:\n\n\(shown)\(more)")
        }
        let changed = self.paths.filter { files[$0] != now[$0] }
        guard !changed.isEmpty else {
            throw ToolFailure("The patch changes nothing: the files are like this already.")
        }
        return changed.map { ($0, now[$0]) }
    }

    private static func apply(
        _ patch: FilePatch, to files: inout [String: WorkspaceFile], _ effort: EditEffort
    ) throws(EditFailure) {
        let old = files[patch.path]
        switch patch.kind {
        case .add:
            let bytes = try Self.content(of: patch)
            if let old {
                guard old.bytes != bytes else {
                    throw EditFailure(.alreadyThere(1), "The file is already there with this text, line 1.")
                }
                throw EditFailure(.invalid, "The file exists already: update it instead of adding it.")
            }
            files[patch.path] = WorkspaceFile(bytes: bytes, isExecutable: patch.isExecutable ?? false)
        case .delete:
            guard let old else { throw EditFailure(.notFound, "There is no such file to delete.") }
            if !patch.hunks.isEmpty {
                try Self.checkText(old.bytes)
                guard try HunkApplier.apply(patch.hunks, to: old.bytes, effort).isEmpty else {
                    throw EditFailure(.invalid, "The patch deletes the file, but not all of its lines. Read it first.")
                }
            }
            files[patch.path] = nil
        case .update:
            guard let old else {
                throw EditFailure(.notFound, "There is no such file. Its path may be wrong: use list.")
            }
            var bytes = old.bytes
            if !patch.hunks.isEmpty || !patch.edits.isEmpty { try Self.checkText(bytes) }
            if !patch.hunks.isEmpty { bytes = try HunkApplier.apply(patch.hunks, to: bytes, effort) }
            for (index, edit) in patch.edits.enumerated() {
                if Task.isCancelled { throw .cancelled }
                do throws(EditFailure) {
                    bytes = try edit.apply(to: bytes, effort).bytes
                } catch {
                    let name = patch.edits.count == 1 ? "" : "block \(index + 1) of \(patch.edits.count): "
                    throw EditFailure(error.kind, name + error.text)
                }
            }
            let new = WorkspaceFile(bytes: bytes, isExecutable: patch.isExecutable ?? old.isExecutable)
            guard let target = patch.target, target != patch.path else {
                files[patch.path] = new
                return
            }
            guard files[target] == nil else {
                throw EditFailure(.invalid, "It can't be renamed to \(VisibleText.line(target)): that file exists.")
            }
            files[patch.path] = nil
            files[target] = new
        }
    }

    private static func content(of patch: FilePatch) throws(EditFailure) -> [UInt8] {
        let lines = patch.hunks.flatMap(\.lines)
        guard lines.allSatisfy({ $0.kind == .added }) else {
            throw EditFailure(.invalid, "The patch adds the file, so each of its lines must begin with +.")
        }
        return FileLine.join(PatchHunk.fileLines(lines))
    }

    private static func checkText(_ bytes: [UInt8]) throws(EditFailure) {
        guard !TextKind.isBinary(bytes) else {
            throw EditFailure(.invalid, "The file is binary (\(bytes.count) bytes). Only text can be patched.")
        }
    }
}
