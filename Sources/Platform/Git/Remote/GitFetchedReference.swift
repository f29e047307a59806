/// One reference to fetch that is not a branch, such as `refs/pull/7/head` to `refs/jetbridge/pulls/7`.
package struct GitFetchedReference: Sendable, Hashable {
    package let source: String
    /// Below `refs/jetbridge/`.
    package let target: String

    package init(_ source: String, to target: String) {
        self.source = source
        self.target = target
    }
}
