internal import Primitives

/// A unified diff of a file before and after, for people and for the audit. Pure.
package struct UnifiedDiff: Sendable, Equatable {
    package let text: String
    /// Lines.
    package let added: Int
    package let removed: Int

    /// - Parameters:
    ///   - old: Nil for a new file.
    ///   - new: Nil for a deleted file.
    package init(path: String, old: [UInt8]?, new: [UInt8]?) {
        let head = "--- \(old == nil ? "/dev/null" : "a/\(path)")\n+++ \(new == nil ? "/dev/null" : "b/\(path)")\n"
        if TextKind.isBinary(old ?? []) || TextKind.isBinary(new ?? []) {
            self.text = head + "Binary file: \(old?.count ?? 0) bytes before, \(new?.count ?? 0) after\n"
            (self.added, self.removed) = (0, 0)
            return
        }
        let (before, after) = (FileLine.split(old ?? []), FileLine.split(new ?? []))
        let steps = LineDifference.steps(from: before, to: after)
        self.added = steps.count { $0 == .added }
        self.removed = steps.count { $0 == .removed }
        self.text = head + Self.hunks(steps, before, after)
    }

    /// Unchanged lines around a change.
    private static let context = 3

    private static func hunks(_ steps: [LineDifference.Step], _ before: [FileLine], _ after: [FileLine]) -> String {
        var text = ""
        var index = 0
        var (old, new) = (0, 0)
        while index < steps.count {
            guard let change = steps[index...].firstIndex(where: { $0 != .kept }) else { break }
            // What lies between is unchanged.
            let start = max(index, change - Self.context)
            (old, new) = (old + start - index, new + start - index)
            var end = change
            var kept = 0
            while end < steps.count, kept <= 2 * Self.context {
                kept = steps[end] == .kept ? kept + 1 : 0
                end += 1
            }
            if kept > Self.context { end -= kept - Self.context }
            let hunk = steps[start..<end]
            let (oldCount, newCount) = (hunk.count { $0 != .added }, hunk.count { $0 != .removed })
            text += "@@ -\(Self.range(old, oldCount)) +\(Self.range(new, newCount)) @@\n"
            for step in hunk {
                switch step {
                case .kept:
                    text += Self.line(" ", before[old])
                    (old, new) = (old + 1, new + 1)
                case .removed:
                    text += Self.line("-", before[old])
                    old += 1
                case .added:
                    text += Self.line("+", after[new])
                    new += 1
                }
            }
            index = end
        }
        return text
    }

    private static func range(_ start: Int, _ count: Int) -> String {
        count == 1 ? "\(start + 1)" : "\(count == 0 ? start : start + 1),\(count)"
    }

    private static func line(_ sign: String, _ line: FileLine) -> String {
        sign + VisibleText.of(line.raw) + (line.end == .none ? "\n\\ No newline at end of file\n" : "\n")
    }
}
