/// The viewer's pages; here their shared parts.
struct ViewerPages: Sendable {
    var layout: ViewerLayout

    init(theme: ViewerLayout.Theme? = nil) {
        self.layout = ViewerLayout(theme: theme)
    }

    /// The repository's page, the ref, and the path from the root to `path`; the last step has no link.
    func crumbs(repository: String, ref: String, path: String) -> [ViewerLayout.Crumb] {
        let steps = path.split(separator: "/").map(String.init)
        var crumbs = [
            ViewerLayout.Crumb(title: repository, path: ViewerPath.repository(repository)),
            ViewerLayout.Crumb(title: Self.short(ref), path: steps.isEmpty ? nil : ViewerPath.tree(repository, ref)),
        ]
        for (index, step) in steps.enumerated() {
            let isLast = index == steps.count - 1
            let target = ViewerPath.tree(repository, ref, steps[...index].joined(separator: "/"))
            crumbs.append(ViewerLayout.Crumb(title: step, path: isLast ? nil : target))
        }
        return crumbs
    }

    /// A ref for people: a full hash is shortened.
    static func short(_ ref: String) -> String {
        ref.utf8.count == 40 && ref.allSatisfy(\.isHexDigit) ? String(ref.prefix(7)) : ref
    }

    /// 1,234 bytes as `1.2 kB`.
    static func size(_ bytes: Int) -> String {
        if bytes < 1000 { return bytes == 1 ? "1 byte" : "\(bytes) bytes" }
        let (unit, name) = bytes < 1_000_000 ? (1000, "kB") : (1_000_000, "MB")
        return "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)"
    }

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(number) \(number == 1 ? one : many)"
    }
}
