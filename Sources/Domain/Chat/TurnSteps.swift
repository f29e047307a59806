/// The steps of a turn that works with tools. Shown above the growing answer where messages can be edited, else at the
/// end only.
package struct TurnSteps: Sendable, Equatable {
    /// While the turn runs: its last steps, Markdown.
    package let shown: String
    /// When it has ended: one line, without markup.
    package let folded: String
    /// The step that is new, one line, for views that add lines; without markup.
    package let news: String?

    package init(shown: String, folded: String, news: String? = nil) {
        self.shown = shown
        self.folded = folded
        self.news = news
    }
}
