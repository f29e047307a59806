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
