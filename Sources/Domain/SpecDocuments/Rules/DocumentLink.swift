internal import Primitives

/// A link or image with its target: `[text](target)` or `[name]: target`.
package struct DocumentLink: Hashable {
    enum Target: Hashable {
        /// A path in the repository.
        case file(String)
        /// `#heading` in the same document.
        case anchor(String)
        case outside
        /// Another scheme, or nothing to check.
        case other
    }

    /// From 0.
    let line: Int
    let text: String

    /// The most of a document. Each is looked up in the repository, and may be a finding.
    static let limit = 1_000
    /// Places of a document that look like links. Behind each that does not end, ``longest`` bytes are read.
    private static let mostTried = 10_000
    /// Those of all documents of a run. Each may also be joined to a path of a folder of thousands of bytes.
    package static let room = 50_000

    /// The first ``limit`` links.
    ///
    /// - Parameter room: How many places may still be tried.
    static func all(in document: MarkdownDocument, _ room: inout Int) -> [DocumentLink] {
        var links: [DocumentLink] = []
        var left = min(Self.mostTried, room)
        let before = left
        defer { room -= before - left }
        for line in document.lines.indices {
            switch document.lines[line].kind {
            case .text, .heading: break
            default: continue
            }
            let text = document.plain(line)
            let end = text.lastIndex(of: UInt8(ascii: ")")) ?? text.startIndex
            var rest = text
            while links.count < Self.limit, left > 0, let open = rest.index(ofIgnoringCase: "]("), open < end {
                rest = rest[(open + 2)...]
                left -= 1
                guard let target = Self.target(rest) else { continue }
                links.append(DocumentLink(line: line, text: target.text))
            }
            guard links.count < Self.limit, left > 0 else { break }
            guard let target = Self.definition(text) else { continue }
            left -= 1
            links.append(DocumentLink(line: line, text: target.text))
        }
        return links
    }

    /// The target of `[name]: target`, the line's only word after the colon.
    private static func definition(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let definition = text.drop { $0.isSpace }
        guard definition.first == UInt8(ascii: "["), definition.dropFirst().first != UInt8(ascii: "^"),
            let end = definition.index(ofIgnoringCase: "]:")
        else { return nil }
        let target = definition[(end + 2)...].trimmed
        guard target.count <= Self.longest, !target.contains(where: \.isSpace) else { return nil }
        // `[Label]: prose` is not a definition; a target has a dot, a slash or a number sign.
        let isTarget = target.contains {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "#")
        }
        return isTarget ? target : nil
    }

    /// In bytes, with its title. Links without an end would each be read to the line's end.
    private static let longest = 1_000

    /// What is between the parentheses, without a title.
    private static func target(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let text = text.prefix(Self.longest).drop { $0.isSpace }
        if text.first == UInt8(ascii: "<") { return text.dropFirst().prefix { $0 != UInt8(ascii: ">") } }
        var depth = 0
        for index in text.indices {
            let byte = text[index]
            if byte == UInt8(ascii: "(") { depth += 1 }
            if byte == UInt8(ascii: ")") {
                if depth == 0 { return text[..<index].prefix { !$0.isSpace } }
                depth -= 1
            }
        }
        return nil
    }

    /// - Parameter folder: The document's, without a slash at the end.
    func target(from folder: String) -> Target {
        let bytes = Array(self.text.utf8)
        if bytes.first == UInt8(ascii: "#") { return .anchor(Self.decoded(bytes.dropFirst())) }
        let path = bytes.prefix { $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "?") }
        let isScheme = path.prefix { $0 != UInt8(ascii: "/") }.contains(UInt8(ascii: ":"))
        if path.isEmpty || isScheme || path.starts(with: "//".utf8) { return .other }
        // Templates' words in links are placeholders, with findings of their own.
        if path.contains(UInt8(ascii: "[")) || path.contains(UInt8(ascii: "{")) || path.contains(UInt8(ascii: "$")) {
            return .other
        }
        let decoded = Self.bytes(path)
        // In bytes, and never split: the folder may have hundreds of parts, for each of a thousand links.
        var target = decoded.first == UInt8(ascii: "/") ? [] : Array(folder.utf8)
        for part in decoded.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                guard !target.isEmpty else { return .outside }
                target.removeSubrange((target.lastIndex(of: UInt8(ascii: "/")) ?? 0)...)
            } else {
                if !target.isEmpty { target.append(UInt8(ascii: "/")) }
                target += part
            }
        }
        return .file(String(decoding: target, as: UTF8.self))
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: Self.bytes(bytes), as: UTF8.self)
    }

    /// Without percent escapes.
    private static func bytes(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2, let value = UInt8(digits.text, radix: 16), value != 0 {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

/// Links lead to files of the repository and to headings of the document.
enum LinkRules {
    /// - Parameters:
    ///   - room: See ``DocumentLink/all(in:_:)``.
    ///   - exists: Whether the repository has a path.
    static func findings(
        in document: FeatureDocument, _ room: inout Int, exists: (String) -> Bool
    ) -> [DocumentFinding] {
        guard room > 0 else { return [] }
        let links = DocumentLink.all(in: document.markdown, &room)
        var findings: [DocumentFinding] = []
        if room == 0 {
            findings.append(
                DocumentFinding(
                    .link, .warning, in: document,
                    "Only the first \(DocumentLink.room) links across all documents are checked. The limit is "
                        + "reached here: check the remaining documents separately."))
        }
        guard !links.isEmpty else { return findings }
        let anchors = Self.anchors(of: document.markdown)
        let folder = document.folder
        findings += links.compactMap { link in
            let shown = Self.shown(link.text)
            switch link.target(from: folder) {
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
                guard !path.isEmpty, !exists(path) else { return nil }
                // Other files may be what the feature adds.
                let isDocument = path.hasSuffix(".md") || path.hasPrefix("specs/") || path.hasPrefix(".specify/")
                return DocumentFinding(
                    .link, isDocument ? .error : .warning, in: document, line: link.line,
                    "The link \(shown) leads to \(Self.shown(path)), which does not exist: correct the path, or add the file."
                )
            }
        }
        return findings
    }

    private static func shown(_ text: String) -> String { text.utf8.count > 80 ? "\(text.prefix(77))…" : text }

    /// The anchors that GitHub gives headings: letters, digits, dashes and underscores, spaces as dashes; a repeated one
    /// gets a number.
    static func anchors(of document: MarkdownDocument) -> Set<String> {
        var anchors: Set<String> = []
        // Where the search for a free number begins: thousands of equal headings would each try all from 1.
        var counts: [String: Int] = [:]
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
            // What was between the letters may have broken a run of them.
            anchor = StreamSafeText.of(anchor)
            var unique = anchor
            while anchors.contains(unique) {
                counts[anchor, default: 0] += 1
                unique = "\(anchor)-\(counts[anchor, default: 0])"
            }
            anchors.insert(unique)
        }
        return anchors
    }
}
