/// A stored delivery of GitHub's webhook.
package struct GitHubDelivery: Sendable, Hashable {
    package let number: Int64
    /// A JSON array of what is of interest in it.
    package let events: String
}
