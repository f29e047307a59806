internal import Primitives
internal import Words

/// What people read of their memory. Markdown.
package enum MemoryTexts {
    package static func kept(_ note: MemoryNote) -> String {
        note.repository.map {
            worded("Remembered for everybody who works in \($0): `\(note.id)`. `forget \(note.id)` erases it.")
        } ?? worded("Remembered for you, everywhere: `\(note.id)`. `forget \(note.id)` erases it.")
    }

    /// The answer to *Keep*, where commands get no sign.
    static func proposed(_ note: MemoryNote) -> String {
        let place = note.repository.map { "for everybody who works in \($0)" } ?? "for you, everywhere"
        return "Remembered \(place), as `\(note.id)`."
    }

    package static func forgotten(_ note: MemoryNote, isDirect: Bool) -> String {
        isDirect || note.repository != nil
            ? worded("Forgotten: \(self.shown(note.text))") : worded("Forgotten: `\(note.id)`.")
    }

    /// - Parameter isDirect: Whether nobody else reads it; a person's own notes are shown only then.
    package static func list(_ notes: [MemoryNote], repository: String?, isDirect: Bool) -> String {
        let own = notes.filter { $0.repository == nil }
        let shared = notes.filter { $0.repository != nil }
        var parts: [String] = []
        if own.isEmpty {
            parts.append(worded("Nothing is remembered for you. `remember TEXT` keeps something."))
        } else if isDirect {
            parts.append(worded("Remembered for you:") + "\n" + own.map(self.line).joined(separator: "\n"))
        } else {
            parts.append(
                own.count == 1
                    ? worded(
                        "1 note of yours is remembered; others read here, so `memory` shows them only in a direct message."
                    )
                    : worded(
                        "\(own.count) notes of yours are remembered; others read here, so `memory` shows them only in a "
                            + "direct message."))
        }
        if !shared.isEmpty {
            parts.append(
                (repository.map { worded("Remembered for \($0):") } ?? worded("Remembered for this repository:")) + "\n"
                    + shared.map { "\(self.line($0)) (\(self.shown($0.author)))" }.joined(separator: "\n"))
        }
        if !own.isEmpty || !shared.isEmpty { parts.append(worded("`forget ID` erases a note.")) }
        return parts.joined(separator: "\n\n")
    }

    private static func line(_ note: MemoryNote) -> String { "- `\(note.id)` \(self.shown(note.text))" }

    /// As words, whatever marks they have.
    private static func shown(_ text: String) -> String { EscapedText.markdown(VisibleText.line(text)) }
}
