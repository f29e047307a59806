internal import HTTP

/// Compares what a token may do with what a call needs, by the answer's headers.
struct GitHubGrants: Sendable {
    /// The scopes or permissions that are missing, for people.
    let missing: [String]

    init(_ headers: HTTPHeaders) {
        if headers.contains("x-oauth-scopes") {
            let wanted = headers.list(of: "x-accepted-oauth-scopes")
            let granted = Set(headers.list(of: "x-oauth-scopes").flatMap(Self.implied(by:)))
            // Any one of the accepted scopes suffices.
            let isGranted = wanted.isEmpty || wanted.contains { granted.contains($0) }
            self.missing = isGranted ? [] : Array(wanted.prefix(1))
        } else {
            // Semicolons separate alternatives; the permissions of one are all needed.
            let text = headers["x-accepted-github-permissions"] ?? ""
            let first = text.split(separator: ";").first ?? ""
            self.missing = first.split(separator: ",").prefix(8).map { permission in
                permission.trimming().replacing("=", with: ": ")
            }
            .filter { !$0.isEmpty && $0 != "metadata: read" }
        }
    }

    /// A scope with those that it contains (docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps).
    static func implied(by scope: String) -> [String] {
        switch scope {
        case "repo":
            ["repo", "repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"]
        case "admin:repo_hook": ["admin:repo_hook", "write:repo_hook", "read:repo_hook"]
        case "write:repo_hook": ["write:repo_hook", "read:repo_hook"]
        case "admin:org": ["admin:org", "write:org", "read:org"]
        case "write:org": ["write:org", "read:org"]
        case "user": ["user", "read:user", "user:email", "user:follow"]
        default: [scope]
        }
    }

    /// `the scope repo`, `the permissions contents: write and workflows: write`; nil where nothing is missing.
    var words: String? { Self.words(self.missing) }

    static func words(_ missing: [String]) -> String? {
        let names = missing.map { GitHubText.line($0, limit: 60) }
        guard let last = names.last else { return nil }
        let kind = last.contains(": ") ? "permission" : "scope"
        return names.count == 1
            ? "the \(kind) \(last)" : "the \(kind)s \(names.dropLast().joined(separator: ", ")) and \(last)"
    }
}

extension Substring {
    fileprivate func trimming() -> String {
        String(self.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
