/// What a person typed after `workflow`: `NAME [on BRANCH] [KEY=VALUE …]`. Pure.
package struct WorkflowWish: Sendable, Hashable {
    /// The name of a workflow or of its file.
    package let name: String
    /// Nil for the thread's branch.
    package let branch: String?
    package let inputs: [String: String]

    /// Nil for any other text. Values with spaces need quotation marks.
    package init?(_ text: String) {
        var words = Self.words(text)
        var inputs: [String: String] = [:]
        while let last = words.last, let (key, value) = Self.input(last) {
            guard inputs.updateValue(value, forKey: key) == nil else { return nil }
            words.removeLast()
        }
        var branch: String?
        if words.count > 2, words[words.count - 2].lowercased() == "on" {
            branch = words.last
            words.removeLast(2)
        }
        guard !words.isEmpty, !words.contains(where: { Self.input($0) != nil }) else { return nil }
        self.name = words.joined(separator: " ")
        self.branch = branch
        self.inputs = inputs
    }

    private static func input(_ word: String) -> (key: String, value: String)? {
        guard let sign = word.firstIndex(of: "="), sign != word.startIndex else { return nil }
        let key = word[..<sign]
        guard key.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }) else {
            return nil
        }
        return (String(key), String(word[word.index(after: sign)...]))
    }

    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            if "\"“”„".contains(character) {
                isQuoted.toggle()
            } else if character.isWhitespace, !isQuoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
