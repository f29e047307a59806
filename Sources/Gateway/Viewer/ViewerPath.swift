internal import HTTP

/// The addresses of the viewer's pages.
///
/// A ref is one segment with its slashes percent-encoded; a file's path keeps its slashes.
enum ViewerPath {
    /// A repository's own page; nil is its default branch.
    static func repository(_ repository: String, branch: String? = nil) -> String {
        let page = "/r/\(Self.encoded(repository))"
        return branch.map { "\(page)?branch=\(Self.encoded($0))" } ?? page
    }

    static func tree(_ repository: String, _ ref: String, _ path: String = "") -> String {
        Self.make("tree", repository, ref, path)
    }

    static func blob(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("blob", repository, ref, path)
    }

    static func raw(_ repository: String, _ ref: String, _ path: String) -> String {
        Self.make("raw", repository, ref, path)
    }

    static func commit(_ repository: String, _ sha: String) -> String {
        "/r/\(Self.encoded(repository))/commit/\(Self.encoded(sha))"
    }

    private static func make(_ kind: String, _ repository: String, _ ref: String, _ path: String) -> String {
        let base = "/r/\(Self.encoded(repository))/\(kind)/\(Self.encoded(ref))"
        guard !path.isEmpty else { return base }
        return base + "/" + path.split(separator: "/").map { Self.encoded(String($0)) }.joined(separator: "/")
    }

    private static func encoded(_ segment: String) -> String { PercentEncoding.encode(segment) }
}
