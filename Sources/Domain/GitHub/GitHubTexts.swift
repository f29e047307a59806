/// Text from GitHub and from repositories in a thread: it can neither mark up, nor address anybody, nor look like a
/// command.
package enum GitHubTexts {
    /// Plain text on one line, escaped for Markdown.
    package static func plain(_ text: String, limit: Int = 200) -> String { NewsWords.plain(text, limit: limit) }

    /// A code span that no content can end.
    package static func code(_ text: String) -> String { NewsWords.code(text) }
}
