internal import Markdown
internal import Primitives

/// An answer as it is read aloud: words without markup, without code and addresses. Pure.
package enum SpokenAnswer {
    /// What OpenAI's API takes, in characters: https://platform.openai.com/docs/api-reference/audio/createSpeech
    package static let limit = 4_096

    /// Nil for an answer without words.
    package static func text(of markdown: String) -> String? {
        let lines = StyledLines(markdown.beginning(bytes: 64 << 10))
        var paragraphs: [String] = []
        var hasWords = false
        for case .block(let block) in lines.parts {
            let left: String?
            switch block.kind {
            case .code, .html: left = SpeechTexts.codeLeftOut
            case .table: left = SpeechTexts.tableLeftOut
            case .rule: continue
            case .paragraph, .heading: left = nil
            }
            if let left {
                if paragraphs.last != left { paragraphs.append(left) }
                continue
            }
            let text = block.lines.map { String(decoding: lines.text(ofLine: $0), as: UTF8.self).trimmed }
                .filter { !$0.isEmpty }.joined(separator: " ")
            guard !text.isEmpty else { continue }
            hasWords = true
            // Otherwise a voice runs one item of a list into the next.
            paragraphs.append(text.last.map { ".!?:;,…".contains($0) } == true ? text : text + ".")
        }
        return hasWords ? Self.cut(paragraphs.joined(separator: "\n")) : nil
    }

    /// The API counts Unicode scalars.
    private static func cut(_ text: String) -> String {
        guard text.unicodeScalars.count > Self.limit else { return text }
        let room = Self.limit - SpeechTexts.rest.unicodeScalars.count - 1
        let start = String(text.unicodeScalars.prefix(room))
        let end = start.lastIndex(where: { ".!?\n".contains($0) }) ?? start.lastIndex(of: " ")
        return "\(end.map { String(start[...$0]) } ?? start)".trimmed + "\n" + SpeechTexts.rest
    }
}
