internal import HTTP
internal import HTTPServer

/// What a request of Git's smart HTTP protocol asks for: `/REPOSITORY.git/SERVICE` or `/REPOSITORY/SERVICE`.
struct GitServerTarget: Sendable, Hashable {
    let request: GitServerRequest
    /// Without a leading slash and `.git`.
    let repository: String
    /// `info/refs`, `git-upload-pack` or `git-receive-pack`.
    let service: String

    /// Nil if the request is not one of Git's.
    init?(_ request: HTTPServerRequest) {
        guard let path = PercentEncoding.decode(request.path), path.hasPrefix("/"),
            !path.split(separator: "/").contains("..")
        else { return nil }
        switch request.method {
        case .get:
            guard let asked = request.query["service"] else { return nil }
            self.request = .references(isPush: asked == "git-receive-pack")
            self.service = "info/refs"
        case .post where path.hasSuffix("/git-upload-pack"):
            self.request = .fetch
            self.service = "git-upload-pack"
        case .post:
            self.request = .push
            self.service = "git-receive-pack"
        default: return nil
        }
        guard path.hasSuffix("/\(self.service)") else { return nil }
        let repository = path.dropFirst().dropLast(self.service.count + 1)
        self.repository = String(repository.hasSuffix(".git") ? repository.dropLast(4) : repository)
    }
}
