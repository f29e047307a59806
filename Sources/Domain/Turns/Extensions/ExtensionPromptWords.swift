internal import Extensions
internal import Primitives

/// `NAME:PROMPT` and what follows it. Pure.
struct ExtensionPromptWords: Equatable {
    let server: String
    let prompt: String
    let rest: String

    /// Nil for a text that can't name a prompt.
    init?(_ text: String) {
        let text = text.trimmed
        let word = text.prefix { !$0.isWhitespace }
        guard let colon = word.firstIndex(of: ":"), ExtensionSettings.isName(word[..<colon]) else { return nil }
        let prompt = word[word.index(after: colon)...]
        guard !prompt.isEmpty else { return nil }
        (self.server, self.prompt, self.rest) = (
            String(word[..<colon]), String(prompt), text[word.endIndex...].trimmed
        )
    }

    /// Words of the form `key=value` for arguments of these names; without any, everything is the first
    /// argument. The missing ones are those that the prompt requires.
    func arguments(of prompt: ExtensionPrompt) -> (values: [String: String], missing: [String]) {
        var values: [String: String] = [:]
        let names = prompt.arguments.map(\.name)
        var last: String?
        for word in self.rest.split(whereSeparator: \.isWhitespace) {
            if let equals = word.firstIndex(of: "="), names.contains(String(word[..<equals])) {
                let name = String(word[..<equals])
                values[name] = String(word[word.index(after: equals)...])
                last = name
            } else if let name = last {
                // A value of several words.
                values[name, default: ""] += " \(word)"
            }
        }
        if values.isEmpty, !self.rest.isEmpty, let first = names.first { values[first] = self.rest }
        return (values, prompt.arguments.filter { $0.isRequired && values[$0.name] == nil }.map(\.name))
    }
}
