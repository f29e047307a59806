/// What is typed after `verify`. Pure.
package struct VerifyWords: Equatable {
    /// The network that the words are for, if they name one.
    package let network: String?
    /// For the network: words in lower case, one space apart.
    package let argument: String

    /// Nil for anything else than nothing, `yes`, `no`, a person, or `trust` and a person; a network may come before it.
    ///
    /// - Parameter networks: the ids of the networks with encryption.
    package init?(_ argument: String, networks: [String]) {
        var words = argument.split(whereSeparator: \.isWhitespace).map(String.init)
        self.network = words.first.flatMap { first in networks.first { $0 == first } }
        if self.network != nil { words.removeFirst() }
        let first = words.first?.lowercased() ?? ""
        switch (first, words.count) {
        case (_, 0): self.argument = ""
        case ("yes", 1), ("no", 1): self.argument = first
        case ("trust", 2): self.argument = "\(first) \(words[1])"
        case ("yes", _), ("no", _), ("trust", _): return nil
        case (_, 1): self.argument = words[0]
        default: return nil
        }
    }
}
