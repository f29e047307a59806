internal import EventLoop
internal import HTTP
internal import HTTPServer

/// The web pages that links lead to: those of commits and pull requests.
extension GitHubHub {
    func page(_ path: [String]) async throws -> HTTPServerResponse {
        guard path.count == 4, let repository = self.repository(path[0], path[1]) else { return self.noPage }
        switch path[2] {
        case "commit":
            guard let commit = try await repository.git.commit(path[3]) else { return self.noPage }
            return self.page("\(commit.headline) · \(commit.id)")
        case "pull":
            guard let pull = Int(path[3]).flatMap({ repository.pulls[$0] }) else { return self.noPage }
            return self.page("\(pull.title) · Pull Request #\(pull.number)")
        default: return self.noPage
        }
    }

    private func page(_ title: String) -> HTTPServerResponse {
        let text = title.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
        return .html("<!DOCTYPE html><html><head><title>\(text)</title></head><body><h1>\(text)</h1></body></html>")
    }

    private var noPage: HTTPServerResponse {
        .html(
            "<!DOCTYPE html><html><head><title>Page not found · GitHub</title></head><body>404</body></html>", .notFound
        )
    }
}
