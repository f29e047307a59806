/// Links lead to files of the repository and to headings of the document.
enum LinkRules {
    static func findings(in document: FeatureDocument, existing: Set<String>?) -> [DocumentFinding] {
        let links = DocumentLink.all(in: document.markdown)
        guard !links.isEmpty else { return [] }
        let anchors = Self.anchors(of: document.markdown)
        return links.compactMap { link in
            let shown = link.text.utf8.count > 80 ? "\(link.text.prefix(77))…" : link.text
            switch link.target(from: document.folder) {
            case .other: return nil
            case .outside:
                return DocumentFinding(
                    .link, in: document, line: link.line,
                    "The link \(shown) leads out of the repository, where it works for nobody else: link to a file in it."
                )
            case .anchor(let anchor):
                guard !anchor.isEmpty, !anchors.contains(anchor.lowercased()) else { return nil }
                return DocumentFinding(
                    .anchor, in: document, line: link.line,
                    "The link #\(anchor.prefix(77)) leads to no heading of this document: correct it.")
            case .file(let path):
                guard let existing, !path.isEmpty, !existing.contains(path) else { return nil }
                // Other files may be what the feature adds.
                let isDocument = path.hasSuffix(".md") || path.hasPrefix("specs/") || path.hasPrefix(".specify/")
                return DocumentFinding(
                    .link, isDocument ? .error : .warning, in: document, line: link.line,
                    "The link \(shown) leads to \(path), which does not exist: correct the path, or add the file.")
            }
        }
    }

    /// The anchors that GitHub gives headings: letters, digits, dashes and underscores, spaces as dashes; a repeated one
    /// gets a number.
    static func anchors(of document: MarkdownDocument) -> Set<String> {
        var anchors: Set<String> = []
        for section in document.sections {
            var anchor = ""
            for scalar in section.title.lowercased().unicodeScalars {
                switch scalar {
                case " ": anchor += "-"
                case "-", "_": anchor.unicodeScalars.append(scalar)
                default:
                    let isWord = scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                    if isWord { anchor.unicodeScalars.append(scalar) }
                }
            }
            var unique = anchor
            var count = 0
            while anchors.contains(unique) {
                count += 1
                unique = "\(anchor)-\(count)"
            }
            anchors.insert(unique)
        }
        return anchors
    }
}
