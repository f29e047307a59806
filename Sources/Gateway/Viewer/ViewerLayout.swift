internal import Primitives

/// The frame of the viewer's pages: one style sheet, the theme chosen in the chat, and no script but the one that colours
/// code.
struct ViewerLayout: Sendable {
    /// A chosen theme; without one, the system's preference applies.
    enum Theme: String, Sendable {
        case light, dark

        /// Nil unless the cookie names a theme.
        init?(cookie: String?) {
            guard let cookie, let theme = Theme(rawValue: cookie) else { return nil }
            self = theme
        }
    }

    /// A step of the path in the page's header.
    struct Crumb: Sendable {
        let title: String
        /// Nil for the page itself.
        let path: String?
    }

    var theme: Theme?

    func page(title: String, crumbs: [Crumb], isNarrow: Bool = false, isColoured: Bool = false, body: HTML)
        -> HTML
    {
        let theme: HTML = self.theme.map { " data-theme=\"\($0.rawValue)\"" } ?? ""
        let script: HTML =
            isColoured
            ? """
            <meta name="highlighter" content="\(WebAsset.highlighter.path)">
            <script type="module" src="\(WebAsset.viewerScript.path)"></script>

            """ : ""
        let main: HTML = isNarrow ? "<main class=\"narrow\">" : "<main>"
        return """
            <!doctype html>
            <html lang="en"\(theme)>
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex">
            <title>\(VisibleText.line(title)) · Jetbridge</title>
            <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="\(WebAsset.viewerStyle.path)">
            \(script)</head>
            <body>
            <header class="top"><a href="/" aria-label="Jetbridge, the chat"><img src="/assets/icon.svg" alt="" width="24" height="24"></a>\
            <nav class="crumbs" aria-label="Path">\(self.trail(crumbs))</nav></header>
            \(main)\(body)</main>
            </body>
            </html>

            """
    }

    /// A page that says why there is nothing to show, and what to do.
    func notice(title: String, text: String, link: Crumb = Crumb(title: "Go to the chat", path: "/")) -> HTML {
        self.page(
            title: title, crumbs: [], isNarrow: true,
            body: """
                <div class="empty"><h1>\(title)</h1><p>\(text)</p><p><a href="\(link.path ?? "/")">\(link.title)</a></p></div>
                """)
    }

    private func trail(_ crumbs: [Crumb]) -> HTML {
        HTML.join(
            crumbs.map { crumb in
                if let path = crumb.path { return "<a href=\"\(path)\">\(VisibleText.line(crumb.title))</a>" }
                return "<b aria-current=\"page\">\(VisibleText.line(crumb.title))</b>"
            }, separator: "<span aria-hidden=\"true\">/</span>")
    }
}
