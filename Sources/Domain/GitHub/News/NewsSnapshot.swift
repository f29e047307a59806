/// What polling has found in one repository.
package struct NewsSnapshot: Sendable, Hashable {
    /// In the order in which a webhook would report them. Most are known already.
    package var events: [NewsEvent] = []
    /// The current commits of the polled branches.
    package var heads: [String: String] = [:]
    /// The open pull requests of the polled branches, by branch.
    package var pulls: [String: Int] = [:]

    package init() {}
}
