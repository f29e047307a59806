extension StringProtocol {
    /// Compares two ASCII strings ignoring case, as HTTP does for names and tokens.
    package func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        self.utf8.count == other.utf8.count
            && zip(self.utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension Substring.UTF8View {
    /// The text without leading and trailing spaces and tabs.
    package func trimmingBlanks() -> Substring {
        var rest = self
        while let first = rest.first, first.isBlank { rest.removeFirst() }
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return Substring(rest)
    }
}
