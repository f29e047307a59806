internal import Primitives

/// Describes the files that came with a question to the model. Pure.
package enum FileListing {
    /// Text files up to this size are part of the question.
    static let textLimit = 64 << 10
    /// The total size of text files in a question.
    static let totalLimit = 128 << 10

    /// The question with its files: their names, types and sizes, and small texts as code below it.
    package static func text(_ question: String, with files: [ReceivedFile]) -> String {
        guard !files.isEmpty else { return question }
        var parts = question.isEmpty ? [] : [question]
        parts.append(
            "\(FileTexts.listing)\n"
                + files.map { "- `\($0.name)` (\($0.type.told(claimed: $0.claimedType)), \(FileSize.text($0.size)))" }
                .joined(separator: "\n"))
        var left = Self.totalLimit
        for file in files where !file.text.isEmpty {
            guard file.text.utf8.count <= left else {
                parts.append(FileTexts.notShown(file.name))
                continue
            }
            left -= file.text.utf8.count
            parts.append("`\(file.name)`:\n" + Self.fenced(file.text, as: file.name))
        }
        return parts.joined(separator: "\n\n")
    }

    /// Fences `text` so that its content cannot close the fence.
    private static func fenced(_ text: String, as name: String) -> String {
        var longest = 0
        var run = 0
        for byte in text.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        let ending = name.contains(".") ? name.split(separator: ".").last.map(String.init) ?? "" : ""
        let language = ending.utf8.count <= 12 && ending.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x7A } ? ending : ""
        return "\(fence)\(language)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)"
    }
}
