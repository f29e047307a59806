internal import Markdown
internal import Repositories

/// Rules for any document: encoding, size, comments, checkboxes, text that is addressed to a model.
enum TextRules {
    static func findings(in document: FeatureDocument) -> [DocumentFinding] {
        let markdown = document.markdown
        guard markdown.isUTF8 else {
            return [
                DocumentFinding(
                    .encoding, in: document,
                    "The file is not UTF-8, so it cannot be read reliably: save it as UTF-8.")
            ]
        }
        var findings: [DocumentFinding] = []
        if markdown.bytes.count > Document.sizeLimit {
            findings.append(
                DocumentFinding(
                    .size, in: document,
                    "The document has \(markdown.bytes.count) bytes, and the limit is \(Document.sizeLimit) (100 KB): "
                        + "move parts to other documents."))
        }
        if let line = markdown.openFence {
            findings.append(
                DocumentFinding(
                    .openFence, in: document, line: line,
                    "This code block never ends, so everything below it is code: close it with the same marks."))
        }
        if let line = markdown.openComment {
            findings.append(
                DocumentFinding(
                    .openComment, in: document, line: line,
                    "This comment never ends, so everything below it is hidden: close it with `-->`."))
        }
        let marks = ConflictMarkers.lines(in: markdown.bytes)
        if let complaint = ConflictMarkers.complaint(about: marks) {
            findings.append(DocumentFinding(.conflict, in: document, line: marks.first, complaint))
        }
        findings += Self.checkboxes(in: document)
        findings += ModelInstructions.findings(in: document)
        return findings
    }

    private static func checkboxes(in document: FeatureDocument) -> [DocumentFinding] {
        let markdown = document.markdown
        return markdown.lines.indices.compactMap { line in
            guard markdown.lines[line].kind == .text, let item = ListItem(markdown.visible(line)), let box = item.box,
                !box.isWellFormed
            else { return nil }
            let isTask = document.kind == .tasks && TaskID.read(item.content.drop { $0 == UInt8(ascii: "*") }) != nil
            return DocumentFinding(
                .checkbox, isTask ? .error : .warning, in: document, line: line,
                "This checkbox is not well formed, so programs do not count it: write `- [ ]` or `- [x]` and a "
                    + "space after it.")
        }
    }
}
