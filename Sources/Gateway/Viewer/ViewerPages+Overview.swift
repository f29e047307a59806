internal import Primitives

extension ViewerPages {
    /// A repository's own page.
    func overview(_ overview: ViewerOverview) -> HTML {
        let (files, areFilesCut) = self.rows(of: overview.entries, in: overview.repository, overview.branch, path: "")
        let parts = [
            Part(
                id: "specifications", title: "Specifications", count: overview.features.items.count,
                isCut: overview.features.isCut, body: self.features(of: overview)),
            Part(
                id: "documents", title: "Documents", count: overview.documents.items.count,
                isCut: overview.documents.isCut, body: self.documents(of: overview)),
            Part(id: "files", title: "Files", count: files.count, isCut: areFilesCut, body: self.files(files)),
            Part(
                id: "branches", title: "Branches", count: overview.branches.items.count,
                isCut: overview.branches.isCut, body: self.branches(of: overview)),
        ]
        let jumps = parts.map { part -> HTML in
            "<a href=\"#\(part.id)\">\(part.title) <span class=\"faint num\">\(part.shownCount)</span></a>"
        }
        let isDefault = overview.branch == overview.defaultBranch
        let home: HTML =
            isDefault
            ? ""
            : " · <a href=\"\(ViewerPath.repository(overview.repository))\">Show \(VisibleText.line(overview.defaultBranch))</a>"
        let body: HTML = """
            <h1>\(VisibleText.line(overview.repository))</h1>
            <p class="branch-line">Branch <b>\(VisibleText.line(overview.branch))</b>\(isDefault ? " (default)" : "") · \
            <a href="\(ViewerPath.commits(overview.repository, overview.branch))">Commits</a>\(home)</p>
            <nav class="jumps" aria-label="On this page">\(HTML.join(jumps))</nav>
            \(HTML.join(parts.map(self.section)))
            """
        return self.layout.page(
            title: overview.repository,
            crumbs: [
                ViewerLayout.Crumb(
                    title: overview.repository, path: isDefault ? nil : ViewerPath.repository(overview.repository))
            ] + (isDefault ? [] : [ViewerLayout.Crumb(title: overview.branch, path: nil)]), body: body)
    }

    /// A section of the page.
    private struct Part {
        let id: String
        let title: String
        let count: Int
        let isCut: Bool
        let body: HTML

        var shownCount: String { self.isCut ? "first \(self.count)" : "\(self.count)" }
    }

    private func section(_ part: Part) -> HTML {
        let cut: HTML = part.isCut ? Self.note(ofFirst: part.count) : ""
        return """
            <section class="part" id="\(part.id)" aria-labelledby="\(part.id)-title">\
            <h2 id="\(part.id)-title">\(part.title) <span class="faint num">\(part.shownCount)</span></h2>\
            <div class="card">\(part.body)\(cut)</div></section>
            """
    }

    // MARK: Documents

    private func features(of overview: ViewerOverview) -> HTML {
        guard !overview.features.items.isEmpty else {
            return """
                <p class="note">No specifications yet. In a conversation that uses this repository, write \
                <code>/specify</code> and what you want.</p>
                """
        }
        let rows = overview.features.items.map { feature -> HTML in
            let path = "specs/\(feature.name)"
            let first = feature.documents.first
            let name = first?.title.map(Self.short(title:)) ?? feature.name
            let target = first.flatMap { document in
                ViewerPath.hasPage(document.path)
                    ? ViewerPath.blob(overview.repository, feature.branch, document.path) : nil
            }
            let folder = ViewerPath.tree(overview.repository, feature.branch, path)
            let items = feature.documents.map { document -> HTML in
                let title = String(document.path.dropFirst(path.utf8.count + 1))
                let page = ViewerPath.blob(overview.repository, feature.branch, document.path)
                let link = Self.link("\(ViewerPath.shown(title))", to: page, of: document.path)
                return "<li>\(link)\(self.state(of: document))</li>"
            }
            let elsewhere: HTML =
                feature.branch == overview.branch
                ? "" : "<span class=\"faint\">on branch \(VisibleText.line(feature.branch))</span>"
            return """
                <li class="feature"><h3><a href="\(target ?? folder)">\(VisibleText.line(name))</a></h3>\
                <p class="where"><a href="\(folder)">\(VisibleText.line(path))</a> \(elsewhere)</p>\
                <ul class="documents">\(HTML.join(items))</ul></li>
                """
        }
        return "<ul class=\"features\">\(HTML.join(rows))</ul>"
    }

    private func documents(of overview: ViewerOverview) -> HTML {
        guard !overview.documents.items.isEmpty else { return "<p class=\"note\">No Markdown documents.</p>" }
        let rows = overview.documents.items.map { document -> HTML in
            let page = ViewerPath.blob(overview.repository, overview.branch, document.path)
            let link = Self.link("\(ViewerPath.shown(document.path))", to: page, of: document.path)
            let title: HTML = document.title.map { "<span class=\"faint\">\(VisibleText.line($0))</span>" } ?? ""
            return "<li>\(link)\(title)\(self.state(of: document))</li>"
        }
        return "<ul class=\"documents\">\(HTML.join(rows))</ul>"
    }

    /// Reduces `Feature Specification: Login page` to `Login page`.
    private static func short(title: String) -> String {
        let prefix = "Feature Specification: "
        return title.hasPrefix(prefix) ? String(title.dropFirst(prefix.count)) : title
    }

    private func state(of document: ViewerOverview.Document) -> HTML {
        var marks: [HTML] = []
        if let status = document.status { marks.append("<span class=\"mark\">\(VisibleText.line(status))</span>") }
        if document.openQuestions > 0 {
            let count = document.openQuestions.counted("open question")
            marks.append("<span class=\"mark is-open\">\(count)</span>")
        }
        if document.boxes > 0 {
            let isDone = document.ticked == document.boxes
            marks.append(
                "<span class=\"mark\(isDone ? " is-done" : "")\">\(document.ticked) of \(document.boxes) ticked</span>")
        }
        return HTML.join(marks.map { " \($0)" })
    }

    // MARK: Branches and files

    private func branches(of overview: ViewerOverview) -> HTML {
        let rows = overview.branches.items.map { branch -> HTML in
            let time = CommitTime(seconds: branch.seconds, offset: branch.offset)
            let isShown = branch.name == overview.branch
            let name: HTML =
                isShown
                ? "<b aria-current=\"true\">\(VisibleText.line(branch.name))</b>"
                : "<a href=\"\(ViewerPath.repository(overview.repository, branch: branch.name))\">\(VisibleText.line(branch.name))</a>"
            let mark: HTML = branch.name == overview.defaultBranch ? " <span class=\"mark\">default</span>" : ""
            return """
                <li><span class="branch">\(name)\(mark)</span>\
                <a class="subject" href="\(ViewerPath.commit(overview.repository, branch.sha))">\
                <code>\(String(branch.sha.prefix(7)))</code> \(VisibleText.line(branch.subject))</a>\
                <time class="faint num" datetime="\(time.machine)">\(time.text)</time></li>
                """
        }
        return "<ul class=\"branches\">\(HTML.join(rows))</ul>"
    }

    private func files(_ rows: [HTML]) -> HTML {
        rows.isEmpty
            ? "<p class=\"note\">This branch has no files.</p>"
            : "<table class=\"files\"><caption class=\"off\">Files</caption><tbody>\(HTML.join(rows))</tbody></table>"
    }
}
