/// What a person typed to name a pull request: `12`, `#12`, its address, or a branch.
package enum PullRequestReference: Sendable, Hashable {
    case number(Int)
    /// An address that names a repository as well.
    case address(GitHubRepositoryName, Int)
    case branch(String)

    /// Nil for an empty text.
    package init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard var word = words.first, words.count == 1 else { return nil }
        // Slack and Markdown write addresses between angle brackets.
        if word.hasPrefix("<"), word.hasSuffix(">") {
            word = word.dropFirst().dropLast()
            word = word.split(separator: "|").first ?? word
        }
        if let number = Self.number(word.hasPrefix("#") ? word.dropFirst() : word) {
            self = .number(number)
        } else if let address = Self.address(word) {
            self = .address(address.0, address.1)
        } else if word.contains("://") {
            return nil
        } else {
            self = .branch(String(word))
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 > 0 ? $0 : nil }
    }

    /// `https://github.com/owner/name/pull/12`, with or without a longer path.
    private static func address(_ text: Substring) -> (GitHubRepositoryName, Int)? {
        guard let scheme = text.firstRange(of: "://") else { return nil }
        let parts = text[scheme.upperBound...].split(separator: "/").dropFirst().prefix(4).map(String.init)
        guard parts.count == 4, parts[2] == "pull", let name = GitHubRepositoryName("\(parts[0])/\(parts[1])"),
            let number = self.number(parts[3].prefix { $0.isNumber })
        else { return nil }
        return (name, number)
    }
}
