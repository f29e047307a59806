internal import SpecDocuments

/// One part of a document with what is wrong in it: what a model is asked to write again.
struct RepairRequest: Sendable, Hashable {
    /// The document, in the repository.
    let path: String
    /// The title of the section to write; nil for findings about the document as a whole.
    let section: String?
    /// The section's present text with its heading; nil for one that is missing or too long to be sent.
    let text: String?
    /// The section's lines, from 0; nil where it is missing.
    let lines: Range<Int>?
    let findings: [DocumentFinding]

    /// What to correct, one line a finding.
    var instructions: String {
        self.findings.map { finding in
            let place = finding.line.map { "line \($0): " } ?? ""
            return "- \(place)\(finding.message)"
        }.joined(separator: "\n")
    }
}

extension RepairRequest {
    /// In bytes; a longer section is described by its findings alone.
    static let textLimit = 32 << 10

    /// Errors, joined by section, in the documents' order. Warnings only go with an error of their section.
    static func requests(for findings: [DocumentFinding], in feature: FeatureDocuments) -> [RepairRequest] {
        feature.documents.flatMap { document -> [RepairRequest] in
            let own = findings.filter { $0.path.utf8.elementsEqual(document.path.utf8) }.sorted()
            var order: [String?] = []
            var groups: [String?: [DocumentFinding]] = [:]
            for finding in own {
                if groups[finding.section] == nil { order.append(finding.section) }
                groups[finding.section, default: []].append(finding)
            }
            return order.compactMap { title in
                let group = groups[title] ?? []
                guard group.contains(where: { $0.severity == .error }) else { return nil }
                return Self.request(title, group, document)
            }
        }
    }

    private static func request(
        _ title: String?, _ findings: [DocumentFinding], _ document: FeatureDocument
    ) -> RepairRequest {
        let line = findings.compactMap(\.line).first.map { $0 - 1 }
        // Titles may repeat: the finding's own line says which one it is.
        let section = document.markdown.sections.first { section in
            section.title == title && line.map { section.line <= $0 && $0 < section.end } ?? true
        }
        let lines = section.map { $0.line..<$0.end }
        let text = lines.map { document.markdown.text($0) }
        return RepairRequest(
            path: document.path, section: title, text: text.flatMap { $0.utf8.count <= Self.textLimit ? $0 : nil },
            lines: lines, findings: findings)
    }
}
