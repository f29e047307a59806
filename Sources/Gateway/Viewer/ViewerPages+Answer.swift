internal import Markdown

extension ViewerPages {
    /// The full text of an answer, linked from networks with short messages.
    func answer(title: String, thread: String, text: String, time: CommitTime) -> HTML {
        let rendered = HTML(trusted: Markdown.html(text))
        return self.layout.page(
            title: title,
            crumbs: [
                ViewerLayout.Crumb(title: title, path: "/#/t/\(thread)"),
                ViewerLayout.Crumb(title: "Answer", path: nil),
            ], isNarrow: true,
            body: """
                <article class="card"><div class="bar"><b>Jetbridge</b><time class="faint" datetime="\(time.machine)">\(time.text)</time></div>\
                <div class="rendered prose">\(rendered)</div></article>
                """)
    }
}
