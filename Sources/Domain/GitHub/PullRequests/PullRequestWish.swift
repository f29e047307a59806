/// What a person typed after `pr`: `draft`, a title, or both.
package struct PullRequestWish: Sendable, Hashable {
    package let isDraft: Bool
    /// Nil for the feature's title.
    package let title: String?

    package init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let isDraft = words.first?.lowercased() == "draft"
        let title = words.dropFirst(isDraft ? 1 : 0).joined(separator: " ")
        self.isDraft = isDraft
        self.title = title.isEmpty ? nil : title
    }
}
