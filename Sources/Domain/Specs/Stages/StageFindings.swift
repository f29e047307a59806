internal import Chat

/// Reports what was corrected in an answer that people have read, and what is still wrong.
struct StageFindings: Sendable {
    private let check: StageCheck
    /// The document that people have read.
    private let main: String?

    init(_ check: StageCheck, main: String?) {
        self.check = check
        self.main = main
    }

    func tell(_ result: StageRepair.Result, _ report: StageModel.Report) async throws {
        for change in result.changes { try await self.tell(change, result.documents, report) }
        let findings = self.check.findings(in: result.documents)
        let errors = findings.filter { $0.severity == .error }
        guard !errors.isEmpty else { return }
        for finding in errors.prefix(StageLimits.findings) {
            let place = finding.line.map { " line \($0)" } ?? ""
            try await report(.notice("\(Self.name(finding.path))\(place): \(Self.line(finding.message))"))
        }
        let more = errors.count - StageLimits.findings
        let rest = more > 0 ? "\(more) more \(more == 1 ? "error" : "errors"), and all of it" : "All of it"
        try await report(.notice("\(rest): `analyze`. `refine TEXT` corrects it."))
    }

    private func tell(
        _ change: (path: String, section: String?), _ documents: [String: [UInt8]], _ report: StageModel.Report
    ) async throws {
        let name = Self.name(change.path)
        let what = change.section.map { "the section “\(Self.line($0))”" } ?? "the whole document"
        guard change.path == self.main, let bytes = documents[change.path] else {
            try await report(.notice("In the committed \(name), \(what) was corrected."))
            return
        }
        let markdown = MarkdownDocument(bytes)
        let section = change.section.flatMap { title in markdown.sections.first { $0.title == title } }
        let text = section.map { markdown.text($0.line..<$0.end) } ?? String(decoding: bytes, as: UTF8.self)
        try await report(.text("\n---\n\n*Corrected, as it is committed: \(what)*\n\n\(text)"))
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map { "`\($0)`" } ?? path
    }

    static func line(_ text: String) -> String {
        text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
    }
}
