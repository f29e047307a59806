extension StringProtocol {
    /// Compares two ASCII texts without regard to case, as HTTP does for names and tokens.
    package func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
        self.utf8.count == other.utf8.count
            && zip(self.utf8, other.utf8).allSatisfy { $0.lowercasedASCII == $1.lowercasedASCII }
    }
}

extension Substring.UTF8View {
    /// Without the spaces and tabs at both ends.
    package func trimmingBlanks() -> Substring {
        var rest = self
        while let first = rest.first, first.isBlank { rest.removeFirst() }
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return Substring(rest)
    }
}
