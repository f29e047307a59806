/// Who makes a request.
struct GitHubActor: Sendable, Hashable {
    /// The credential, by which limits are counted; `anonymous` without one.
    let key: String
    let login: String
    let token: HubToken
}

extension GitHubActor {
    /// A person who works at GitHub itself, not by a request.
    init(working login: String) {
        self.init(key: "colleague", login: login, token: HubToken(login, .scopes(["repo"])))
    }
}
