internal import Primitives

/// Describes the files that came with a question to the model. Pure.
package enum FileListing {
    /// Text files up to this size are part of the question.
    static let textLimit = 64 << 10
    /// The total size of text files in a question.
    static let totalLimit = 128 << 10
    /// The total size of documents in a question after the first, which has a limit of its own.
    static let documentLimit = 256 << 10

    /// The question with its files: what was spoken, the files' names, types and sizes, and texts below it: small files as
    /// code, and what was read of documents. Where everything is a voice note that was written down, nothing is listed.
    ///
    /// - Parameter missing: The files that could not be received.
    package static func text(
        _ question: String, with files: [ReceivedFile], missing: [(name: String, failure: FileFailure)] = []
    ) -> String {
        var parts = question.isEmpty ? [] : [question]
        parts += files.compactMap(\.spoken).map(SpokenWords.line)
        if files.contains(where: { $0.spoken == nil }) {
            parts.append(
                "\(FileTexts.listing)\n"
                    + files.map { "- `\($0.name)` (\($0.shownType), \(FileSize.text($0.size)))" }
                    .joined(separator: "\n"))
        }
        let failed = missing + files.compactMap { file in file.failure.map { (file.name, $0) } }
        if !failed.isEmpty {
            parts.append(failed.map { FileTexts.notAvailable($0.name, $0.failure) }.joined(separator: "\n"))
        }
        var left = (small: Self.totalLimit, documents: Int.max)
        for file in files where !file.text.isEmpty {
            let size = file.text.utf8.count
            let isSmall = file.type.isText && size <= Self.textLimit
            guard size <= (isSmall ? left.small : left.documents) else {
                parts.append(FileTexts.notShown(file.name))
                continue
            }
            if isSmall {
                left.small -= size
            } else {
                left.documents = left.documents == .max ? Self.documentLimit : left.documents - size
            }
            parts.append("`\(file.name)`:\n" + Self.fenced(file.text, as: file.type.isText ? file.name : ""))
        }
        return parts.joined(separator: "\n\n")
    }

    /// How much of a message's text is before the list of its files, the first of which has this name, in UTF-16 units; nil
    /// for a text without the list.
    package static func beginning(in text: String, of first: String) -> Int? {
        let start = "\(FileTexts.listing)\n- `\(first)` ("
        if text.utf8.starts(with: start.utf8) { return 0 }
        guard let found = text.utf8.firstRange(of: Array("\n\n\(start)".utf8)) else { return nil }
        return text.utf16.distance(from: text.startIndex, to: found.lowerBound)
    }

    /// What a question was before ``text(_:with:missing:)`` added its files, whatever those were. It also leaves out what only
    /// looks like that, so that it never returns anything of a file.
    package static func written(in text: String) -> String {
        let bytes = Array(text.utf8)
        let list = Array("\(FileTexts.listing)\n- `".utf8)
        let (opening, middle) = (Array("[file ".utf8), Array(" not available: ".utf8))
        let lineFeed = UInt8(ascii: "\n")
        for index in bytes.indices {
            guard index == 0 || index > 1 && bytes[index - 1] == lineFeed && bytes[index - 2] == lineFeed else {
                continue
            }
            let rest = bytes[index...]
            if rest.starts(with: list)
                || rest.starts(with: opening) && rest.prefix(while: { $0 != lineFeed }).contains(middle)
            {
                return String(decoding: bytes[..<max(0, index - 2)], as: UTF8.self)
            }
        }
        return text
    }

    private static func fenced(_ text: String, as name: String) -> String {
        let ending = name.contains(".") ? name.split(separator: ".").last.map(String.init) ?? "" : ""
        let language = ending.utf8.count <= 12 && ending.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x7A } ? ending : ""
        return EscapedText.fenced(text.hasSuffix("\n") ? String(text.dropLast()) : text, as: language)
    }
}
