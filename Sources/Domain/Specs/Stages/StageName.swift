/// Names of files after words of people.
enum StageName {
    /// Lower-case ASCII words joined by dashes: `Security & privacy` → `security-privacy`. Empty where no word is left.
    static func slug(_ text: String, words limit: Int) -> String {
        let skipped: Set<String> = ["a", "an", "and", "the", "of", "for", "to", "on", "in", "checklist", "about", "md"]
        let words = text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.map(String.init)
        return words.filter { !skipped.contains($0) }.prefix(limit).map { $0.prefix(24) }.joined(separator: "-")
    }
}
