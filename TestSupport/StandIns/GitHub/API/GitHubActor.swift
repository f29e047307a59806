/// Who makes a request.
struct GitHubActor: Sendable, Hashable {
    /// The credential, by which limits are counted; `anonymous` without one.
    let key: String
    let login: String
    let token: HubToken
}
