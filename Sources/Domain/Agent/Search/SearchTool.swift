internal import Git
internal import JSON
internal import Work

/// `search`: lines by content, or files by name.
struct SearchTool: Tool {
    let files: any WorkspaceFiles

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let path = try WorkspacePath.of(call.text("path"))
        guard call.text("pattern").utf8.count <= ToolLimits.patternBytes else {
            throw ToolFailure("The pattern is longer than \(ToolLimits.patternBytes) bytes: shorten it.")
        }
        _ = try Self.pattern(of: call)
        let place = path.isEmpty ? "" : " in \(path.titled(40))"
        return call.intent(call.text("pattern"), title: "search \(call.text("pattern").titled(60))\(place)")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let call = intent.call
        let (pattern, note) = try Self.pattern(of: call)
        let found = try await self.files.walk(
            WorkspaceWalk(
                try WorkspacePath.of(call.text("path")), glob: call.arguments["glob"]?.stringValue,
                limit: ToolLimits.searchFiles))
        var report = Report(pattern: call.text("pattern"), notes: [note].compactMap(\.self))
        if found.isCut { report.notes.append("Only the first \(ToolLimits.searchFiles) files were searched.") }
        let searcher = FileSearcher(pattern)
        if call.text("mode") == "names" {
            try await self.searchNames(found.entries, searcher, &report)
        } else {
            try await self.searchContent(found.entries, searcher, &report)
        }
        if await searcher.isExhausted {
            report.notes.append("The search took too long and was ended: use a simpler pattern, a path or a glob.")
        }
        return ToolResult(
            .done, text: report.text, summary: "\(intent.title), \(report.lines.count) hits", isMarked: true)
    }

    private static func pattern(of call: CheckedCall) throws(ToolFailure) -> (LinePattern, note: String?) {
        let text = call.text("pattern")
        if call.text("mode") == "text" { return (LinePattern(text: text), nil) }
        do throws(RegexFailure) {
            return (try LinePattern(regex: text), nil)
        } catch {
            // A mode that was left out is no wish for a regular expression.
            guard call.arguments["mode"] == nil else { throw ToolFailure("\(error.text) Use mode text for a literal.") }
            return (LinePattern(text: text), "\(error.text) It was searched for as text.")
        }
    }

    private struct Report {
        let pattern: String
        var notes: [String]
        var lines: [String] = []

        var text: String {
            guard !self.lines.isEmpty else { return (["No hits."] + self.notes).joined(separator: "\n") }
            var cut = OutputCut()
            cut.append(self.lines.joined(separator: "\n") + "\n")
            let text = cut.text(advice: "Narrow the search by path or glob.")
            return ([DataBlock.of(text, from: "search \(self.pattern.titled())")] + self.notes).joined(separator: "\n")
        }

        /// False when there is no room for more.
        mutating func add(_ line: String) -> Bool {
            guard self.lines.count < ToolLimits.searchHits else {
                self.notes.append("Only the first \(ToolLimits.searchHits) hits are shown: narrow the search.")
                return false
            }
            self.lines.append(line)
            return true
        }
    }

    private func searchNames(
        _ entries: [WorkspaceEntry], _ searcher: FileSearcher, _ report: inout Report
    ) async throws {
        for entry in entries where await searcher.matches(entry.path) {
            try Task.checkCancellation()
            guard report.add(entry.path) else { return }
        }
    }

    private func searchContent(
        _ entries: [WorkspaceEntry], _ searcher: FileSearcher, _ report: inout Report
    ) async throws {
        var skipped = 0
        defer {
            if skipped > 0 {
                report.notes.append("\(skipped) binary, generated, large or unreadable files were skipped.")
            }
        }
        for entry in entries {
            try Task.checkCancellation()
            guard !Self.isGenerated(entry.path), entry.size ?? 0 <= ToolLimits.searchFileBytes,
                let file = try? await self.files.find(entry.path, limit: ToolLimits.searchFileBytes),
                let hits = await searcher.hits(in: file.bytes, limit: ToolLimits.searchHits + 1 - report.lines.count)
            else {
                skipped += 1
                continue
            }
            for hit in hits {
                guard report.add("\(entry.path):\(hit.line): \(hit.text)") else { return }
            }
            if await searcher.isExhausted { return }
        }
    }

    /// What programs write and nobody reads: 120 KB of hits in a source map are no help.
    private static func isGenerated(_ path: String) -> Bool {
        [".map", ".min.js", ".min.css", ".min.mjs"].contains { path.hasSuffix($0) }
    }
}
