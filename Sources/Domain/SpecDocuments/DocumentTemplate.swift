/// The templates of documents: the program's own, from `config/templates`, or the repository's.
package enum DocumentTemplate: String, Sendable, Hashable, CaseIterable {
    case constitution, spec, plan, research
    case dataModel = "data-model"
    case quickstart, tasks, checklist

    /// The program's own text.
    package var standard: String {
        let name = "\(self.rawValue).md"
        return DocumentTemplateFiles.files.first { $0.name == name }?.text ?? ""
    }

    /// The paths of a repository's own template; the first that exists applies.
    package var overrides: [String] {
        let template = ".specify/templates/\(self.rawValue)-template.md"
        // An existing constitution is what a new version starts from.
        return self == .constitution ? [template, ".specify/memory/constitution.md"] : [template]
    }
}

/// The templates for one repository.
package struct DocumentTemplates: Sendable, Hashable {
    private let texts: [DocumentTemplate: String]

    /// In bytes; a longer override is not used.
    package static let sizeLimit = 100 << 10
    /// In bytes, of all files of a repository that are searched for placeholders.
    static let byteLimit = 1 << 20

    /// The texts whose words in brackets are placeholders: the program's own templates and those among a repository's
    /// files, in the order of their paths, that fit into ``byteLimit``.
    package static func texts(with files: [String: [UInt8]]) -> [String] {
        var left = Self.byteLimit
        let own = files.filter { $0.key.hasPrefix(".specify/templates/") }.sorted { $0.key < $1.key }.filter { file in
            guard file.value.count <= left else { return false }
            left -= file.value.count
            return true
        }
        return DocumentTemplate.allCases.map(\.standard) + own.map { String(decoding: $0.value, as: UTF8.self) }
    }

    /// - Parameter text: The text of a file in the repository; nil if it does not exist or cannot be used.
    package init(_ text: (_ path: String) throws -> String?) rethrows {
        var texts: [DocumentTemplate: String] = [:]
        for template in DocumentTemplate.allCases {
            for path in template.overrides where texts[template] == nil {
                guard let text = try text(path), text.utf8.count <= Self.sizeLimit,
                    text.contains(where: { !$0.isWhitespace })
                else { continue }
                texts[template] = text
            }
        }
        self.texts = texts
    }

    /// The program's own.
    package static let standard = DocumentTemplates { _ in nil }

    package func text(_ template: DocumentTemplate) -> String { self.texts[template] ?? template.standard }
}
