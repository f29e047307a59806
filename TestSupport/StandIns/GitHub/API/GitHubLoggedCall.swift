package import HTTP

/// A request that was answered.
package struct GitHubLoggedCall: Sendable {
    /// As in the table of routes, for example `GET /repos/{owner}/{repo}/pulls`.
    package let route: String
    /// With the query.
    package let target: String
    package let login: String
    package let headers: HTTPHeaders
    package let status: Int
}
