internal import EventLoop
internal import HTTP
internal import HTTPServer

/// The web pages that links lead to.
extension GitHubHub {
    func page(_ path: [String], _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard path.count >= 2, let repository = self.repository(path[0], path[1]) else {
            if path.count >= 2, let id = self.formerNames["\(path[0])/\(path[1])".lowercased()],
                let repository = self.repositories[id]
            {
                let rest = ([repository.owner, repository.name] + path[2...]).joined(separator: "/")
                return HTTPServerResponse(
                    HTTPStatus(301),
                    headers: ["Location": "\(self.url)/\(PercentEncoding.encode(rest, keeping: .path))"])
            }
            if path.count == 1, self.users[path[0].lowercased()] != nil { return self.page(path[0]) }
            return self.noPage
        }
        guard path.count > 2 else { return self.page(repository.fullName) }
        let rest = path.count > 3 ? path[3...].joined(separator: "/") : ""
        switch path[2] {
        case "commit":
            guard let commit = try await repository.git.commit(rest) else { return self.noPage }
            return self.page("\(commit.headline) · \(commit.id)")
        case "pull":
            guard path.count > 3, let number = Int(path[3]), let pull = repository.pulls[number] else {
                return self.noPage
            }
            return self.page("\(pull.title) · Pull Request #\(number)")
        case "compare":
            let sides =
                rest.firstRange(of: "...").map { [String(rest[..<$0.lowerBound]), String(rest[$0.upperBound...])] } ?? [
                    rest
                ]
            for side in sides where try await self.commit(side, in: repository) == nil { return self.noPage }
            return self.page("Comparing \(rest)")
        case "tree", "blob", "raw":
            guard let object = try await self.object(rest, in: repository),
                (object.type == "blob") != (path[2] == "tree")
            else { return self.noPage }
            if path[2] == "raw" {
                return HTTPServerResponse(
                    headers: ["Content-Type": "text/plain; charset=utf-8"], body: .bytes(object.bytes))
            }
            return self.page(rest)
        case "commits", "pulls", "issues", "actions", "settings", "branches":
            return self.page("\(path[2]) · \(repository.fullName)")
        default: return self.noPage
        }
    }

    /// `REF/PATH`: a reference may contain slashes.
    private func object(_ name: String, in repository: HubRepository) async throws -> GitHubObject? {
        let parts = name.split(separator: "/").map(String.init)
        for count in parts.indices.map({ $0 + 1 }) {
            guard let commit = try await self.commit(parts[..<count].joined(separator: "/"), in: repository) else {
                continue
            }
            let path = parts[count...].joined(separator: "/")
            return try await repository.git.object(path.isEmpty ? commit.tree : "\(commit.id):\(path)")
        }
        return nil
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
