extension StringProtocol {
    /// Without leading and trailing white space.
    package var trimmed: String {
        guard let first = self.firstIndex(where: { !$0.isWhitespace }),
            let last = self.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}

extension String {
    /// Cut to `limit` UTF-16 units at most, in whole characters.
    package func cut(to limit: Int) -> String {
        guard self.utf16.count > limit else { return self }
        var count = 1
        return self.prefix { character in
            count += character.utf16.count
            return count <= limit
        } + "…"
    }
}
