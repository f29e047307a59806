internal import Git
internal import Primitives

/// A unified diff of a file before and after, for people and for the audit.
package struct UnifiedDiff: Sendable, Equatable {
    package let text: String
    /// Lines.
    package let added: Int
    package let removed: Int

    /// - Parameters:
    ///   - old: Nil for a new file.
    ///   - new: Nil for a deleted file.
    package init(path: String, old: [UInt8]?, new: [UInt8]?) throws {
        let head = "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
        if TextKind.isBinary(old ?? []) || TextKind.isBinary(new ?? []) {
            self.text = head + "Binary file: \(old?.count ?? 0) bytes before, \(new?.count ?? 0) after\n"
            (self.added, self.removed) = (0, 0)
            return
        }
        let lines = try GitLineDiff(from: old ?? [], to: new ?? [])
        self.text = head + VisibleText.of(lines.hunks)
        (self.added, self.removed) = (lines.added, lines.removed)
    }
}
