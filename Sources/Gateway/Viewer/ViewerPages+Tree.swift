extension ViewerPages {
    func tree(_ tree: ViewerTree) -> HTML {
        let rows = tree.entries.sorted(by: Self.isBefore).map {
            self.row($0, in: tree.repository, tree.ref, path: tree.path)
        }
        let list: HTML =
            rows.isEmpty
            ? "<p class=\"note\">This folder is empty.</p>"
            : "<table class=\"files\"><caption class=\"off\">Files</caption><tbody>\(HTML.join(rows))</tbody></table>"
        let bar: HTML = """
            <div class="bar"><span class="faint">\(Self.short(tree.ref))</span>\
            <span class="faint num">\(Self.count(rows.count, "entry", "entries"))</span></div>
            """
        return self.layout.page(
            title: tree.path.isEmpty ? tree.repository : "\(tree.path) · \(tree.repository)",
            crumbs: self.crumbs(repository: tree.repository, ref: tree.ref, path: tree.path),
            body: "<section class=\"card\" aria-label=\"Files\">\(bar)\(list)</section>")
    }

    /// Folders first, then by name.
    static func isBefore(_ left: ViewerTree.Entry, _ right: ViewerTree.Entry) -> Bool {
        if (left.kind == .folder) != (right.kind == .folder) { return left.kind == .folder }
        return left.name < right.name
    }

    /// An entry of the folder `folder`.
    func row(_ entry: ViewerTree.Entry, in repository: String, _ ref: String, path folder: String) -> HTML {
        let path = folder.isEmpty ? entry.name : "\(folder)/\(entry.name)"
        let name = VisibleText.of(entry.name)
        let size: HTML = entry.size.map { "\(Self.size($0))" } ?? ""
        let (kind, cell): (HTML, HTML) =
            switch entry.kind {
            case .folder: ("folder", "<a href=\"\(ViewerPath.tree(repository, ref, path))\">\(name)/</a>")
            case .file: ("file", "<a href=\"\(ViewerPath.blob(repository, ref, path))\">\(name)</a>")
            case .link: ("link", "<a href=\"\(ViewerPath.blob(repository, ref, path))\">\(name)</a>")
            case .submodule: ("submodule", "\(name)")
            }
        return "<tr><td class=\"kind\">\(kind)</td><td>\(cell)</td><td class=\"num faint\">\(size)</td></tr>"
    }
}
