internal import JSON

/// An ask in the terminal, and what people type to answer it. Pure.
enum AskReply {
    /// What is asked, whole: with the exact text, and a line for each answer.
    static func text(of ask: JSON, on errors: Terminal) -> String {
        let lines = (ask["text"]?.stringValue ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let options = self.options(of: ask).map { option in
            "\(option.key). \(option.label)\(option.isRecommended ? " (recommended)" : "")"
        }
        let missing = options.filter { option in !lines.contains { $0 == option } }
        return errors.note((lines.map(String.init) + missing).joined(separator: "\n"), in: errors.yellow)
    }

    /// The key of the answer that `text` is, with words; nil for anything else.
    static func answer(_ text: String, to ask: JSON) -> (key: String, words: String?)? {
        let options = self.options(of: ask)
        let words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard let word = words.first.map({ $0.lowercased() }) else { return nil }
        let rest = words.count > 1 ? String(words[1]) : nil
        let isQuestion = ["question", "clarify"].contains(ask["kind"]?.stringValue)
        if rest == nil, let option = options.first(where: { $0.key.lowercased() == word }) { return (option.key, nil) }
        if word == "done", rest == nil, ask["kind"] == "clarify" { return ("done", nil) }
        let denial = options.first { $0.label.lowercased().hasPrefix("deny") }
        switch word {
        case "yes" where rest == nil, "y" where rest == nil:
            let option = options.first { $0.key == "all" } ?? options.first(where: \.isRecommended)
            guard let key = option?.key ?? (denial == nil ? nil : options.first?.key) else { break }
            return (key, nil)
        case "no", "n", "deny":
            guard let denial else { break }
            return (denial.key, rest)
        default: break
        }
        return isQuestion ? ("", text) : nil
    }

    private static func options(of ask: JSON) -> [(key: String, label: String, isRecommended: Bool)] {
        (ask["options"]?.arrayValue ?? []).map { option in
            (
                option["key"]?.stringValue ?? "", option["label"]?.stringValue ?? "",
                option["recommended"]?.boolValue ?? false
            )
        }
    }
}
