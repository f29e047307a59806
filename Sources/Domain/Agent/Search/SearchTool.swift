internal import Git
internal import JSON
internal import Jail
internal import Models
internal import Primitives
internal import Work

/// `search`: lines by content, or files by name. `rg` does it where commands run, so it reads only what they can read.
struct SearchTool: Tool {
    let files: any WorkspaceFiles
    let read: ToolSeams.Reading

    func prepare(_ call: CheckedCall) async throws -> ToolIntent {
        let path = try WorkspacePath.of(call.text("path"))
        let pattern = call.text("pattern")
        guard pattern.utf8.count <= ToolLimits.patternBytes else {
            throw ToolFailure("The pattern is longer than \(ToolLimits.patternBytes) bytes: shorten it.")
        }
        guard !pattern.utf8.contains(0), !call.text("glob").utf8.contains(0) else {
            throw ToolFailure("The pattern or the glob contains a null character.")
        }
        let place = path.isEmpty ? "" : " in \(path.titled(40))"
        return call.intent(pattern, title: "search \(pattern.titled(60))\(place)")
    }

    func perform(_ intent: ToolIntent, _ approval: GateDecision) async throws -> ToolResult {
        let call = intent.call
        let path = try WorkspacePath.of(call.text("path"))
        try await self.check(path)
        let mode = RipgrepCommand.Mode(rawValue: call.text("mode"))
        let command = RipgrepCommand(
            pattern: call.text("pattern"), mode: mode ?? .regex, path: path, glob: call.arguments["glob"]?.stringValue)
        let first = try await self.run(command)
        if case .exited(127) = first.status {
            return ToolResult(.failed, text: "\(Ripgrep.remedy).", summary: "\(intent.title): \(Ripgrep.remedy)")
        }
        var report = Report(pattern: command.pattern)
        if first.isRefused, mode == nil {
            // A mode that was left out is no wish for a regular expression.
            report.notes.append("\(first.message)\nIt was searched for as text.")
            let text = RipgrepCommand(pattern: command.pattern, mode: .text, path: path, glob: command.glob)
            try report.add(try await self.run(text), advice: nil)
        } else {
            try report.add(first, advice: mode == .text ? nil : "Use mode text for a literal.")
        }
        return ToolResult(
            .done, text: report.text, summary: "\(intent.title), \(report.lines.count) hits", isMarked: true)
    }

    /// `rg` follows a link that it is given, and waits for a pipe.
    private func check(_ path: String) async throws {
        guard !path.isEmpty else { return }
        let found = try await self.files.walk(WorkspaceWalk(path, depth: 1, limit: 1, isWhole: true))
        if let entry = found.entries.first, entry.path == path, entry.kind != .file {
            throw ToolFailure("\(path) is neither a file nor a folder.")
        }
    }

    /// How a run of `rg` ended, and what it wrote.
    private struct Run {
        var output: RipgrepOutput
        var errors: [UInt8] = []
        var status = ShellExit.Status.stopped

        /// Nothing was searched, because of the pattern or the glob.
        var isRefused: Bool {
            if case .exited = self.status { !self.output.isWhole && !self.output.isFull } else { false }
        }

        /// Without the advice that follows an empty line, which names options of the program.
        var message: String {
            let lines = String(decoding: self.errors, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            return VisibleText.of(lines.prefix { !$0.isEmpty }.joined(separator: "\n"))
        }
    }

    private func run(_ command: RipgrepCommand) async throws -> Run {
        let run = Protected(Run(output: RipgrepOutput(ofNames: command.mode == .names)))
        let status = try await self.read(command.text) { piece in
            let isFull = run.withLock { run in
                switch piece.stream {
                case .standardOutput: run.output.append(piece.bytes)
                case .standardError: run.errors += piece.bytes.prefix(max(0, 2_000 - run.errors.count))
                }
                return run.output.isFull
            }
            // Ends the program.
            if isFull { throw CancellationError() }
        }
        try Task.checkCancellation()
        return run.withLock { run in
            run.status = status
            return run
        }
    }

    private struct Report {
        let pattern: String
        var notes: [String] = []
        private(set) var lines: [String] = []

        init(pattern: String) { self.pattern = pattern }

        /// - Parameter advice: What to do about a pattern that is refused.
        mutating func add(_ run: Run, advice: String?) throws(ToolFailure) {
            switch run.status {
            case .exited where run.isRefused:
                throw ToolFailure([run.message, advice].compactMap(\.self).joined(separator: "\n"))
            case .exited, .stopped: break
            case .timedOut:
                self.notes.append("The search took too long and was ended: use a simpler pattern, a path or a glob.")
            case .outputLimit:
                self.notes.append("The search was ended, because its lines are too long: use a path or a glob.")
            case .signalled, .limit, .disk, .shellEnded, .lost:
                throw ToolFailure("The search needed too much and was ended: use a simpler pattern, a path or a glob.")
            }
            let hits = run.output.hits
            self.lines = hits.prefix(ToolLimits.searchHits).map { hit in
                hit.line.map { "\(hit.path):\($0.number): \($0.text)" } ?? hit.path
            }
            if hits.count > ToolLimits.searchHits {
                self.notes.append("Only the first \(ToolLimits.searchHits) hits are shown: narrow the search.")
            }
            let binaries = run.output.binaries
            if binaries > 0 {
                self.notes.append("Hits in \(binaries) binary \(binaries == 1 ? "file" : "files") were left out.")
            }
            let unread = run.output.unreadLines
            if unread > 0 {
                self.notes.append(
                    "Hits on \(unread.counted("line")) were left out, because the line is too long or has too many of "
                        + "them: use a longer pattern.")
            }
            // It names files.
            if !run.errors.isEmpty {
                self.notes.append("Not everything was searched:\n\(DataBlock.of(run.message, from: "rg"))")
            }
        }

        var text: String {
            guard !self.lines.isEmpty else { return (["No hits."] + self.notes).joined(separator: "\n") }
            var cut = OutputCut()
            cut.append(self.lines.joined(separator: "\n") + "\n")
            let text = cut.text(advice: "Narrow the search by path or glob.")
            return ([DataBlock.of(text, from: "search \(self.pattern.titled())")] + self.notes).joined(separator: "\n")
        }
    }
}
