internal import Chat
internal import Primitives
internal import Repositories
internal import SpecDocuments

/// Checks what a stage wrote together with the feature's other documents.
struct StageCheck: Sendable {
    /// `specs/003-login`; empty for a constitution.
    let folder: String
    /// The feature's present documents by path.
    private let present: [String: [UInt8]]
    /// The paths of those that are too much to read.
    private let unread: [String]
    private let validator: FeatureValidator

    /// Findings that a second answer cannot fix.
    private static let final: Set<FindingRule> = [.size, .encoding, .document, .unread]
    /// Rules that only lists written here must follow.
    private static let raised: Set<FindingRule> = [.coverage, .taskLabel, .taskParallel]

    init(_ files: FeatureFiles) {
        self.init(folder: files.name.isEmpty ? "" : files.folder, files: files.files)
    }

    /// - Parameter files: The feature's documents and the repository's own templates, by path.
    init(folder: String, files: [String: [UInt8]]) {
        self.folder = folder
        (self.present, self.unread) = FeatureDocuments.fitting(
            folder.isEmpty ? [:] : files.filter { $0.key.hasPrefix(folder + "/") })
        self.validator = FeatureValidator(templates: DocumentTemplates.texts(with: files))
    }

    /// The feature with documents in place of those that it has.
    func feature(with documents: [String: [UInt8]]) -> FeatureDocuments {
        let all = self.present.merging(documents) { _, new in new }
        return FeatureDocuments(
            folder: self.folder,
            documents: all.sorted { $0.key < $1.key }.map { FeatureDocument(path: $0.key, bytes: $0.value) })
    }

    /// The findings about these documents only.
    func findings(in documents: [String: [UInt8]]) -> [DocumentFinding] {
        self.all(with: documents).filter { documents[$0.path] != nil }
    }

    /// The errors among them that a second answer can fix.
    func errors(in documents: [String: [UInt8]]) -> [DocumentFinding] {
        self.findings(in: documents).compactMap { finding in
            if Self.final.contains(finding.rule) { return nil }
            if Self.raised.contains(finding.rule) { return finding.raised }
            return finding.severity == .error ? finding : nil
        }
    }

    /// All findings of the feature as it is.
    var all: [DocumentFinding] { self.all(with: [:]) }

    /// With links within the feature; other files of the repository are not at hand here.
    private func all(with documents: [String: [UInt8]]) -> [DocumentFinding] {
        let feature = self.feature(with: documents)
        let existing = Set((feature.documents.map(\.path) + self.unread).map(ExactText.init))
        let start = self.folder + "/"
        var room = DocumentLink.room
        return self.validator.findings(in: feature, &room) { path in
            let isOwn = !self.folder.isEmpty && path.utf8.starts(with: start.utf8)
            return !isOwn || !path.hasSuffix(".md") || existing.contains(ExactText(path))
        }
    }
}

extension DocumentFinding {
    /// The same as an error.
    var raised: DocumentFinding { DocumentFinding(self, as: .error) }
}

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
            try await report(.notice("\(Self.name(finding.path))\(place): \(finding.message.onOneLine)"))
        }
        let more = errors.count - StageLimits.findings
        let rest = more > 0 ? "\(more.counted("more error")), and all of it" : "All of it"
        try await report(.notice("\(rest): `analyze`. `refine TEXT` corrects it."))
    }

    private func tell(
        _ change: (path: String, section: String?), _ documents: [String: [UInt8]], _ report: StageModel.Report
    ) async throws {
        let name = Self.name(change.path)
        let what = change.section.map { "the section “\($0.onOneLine)”" } ?? "the whole document"
        guard change.path == self.main, let bytes = documents[change.path] else {
            try await report(.notice("In the committed \(name), \(what) was corrected."))
            return
        }
        let markdown = MarkdownDocument(bytes)
        let section = change.section.flatMap { title in markdown.sections.first { $0.title == title } }
        let text = section.map { markdown.text($0.line..<$0.end) } ?? bytes[...].text
        try await report(.text("\n---\n\n*Corrected, as it is committed: \(what)*\n\n\(text)"))
    }

    private static func name(_ path: String) -> String {
        path.split(separator: "/").last.map { "`\($0)`" } ?? path
    }
}
