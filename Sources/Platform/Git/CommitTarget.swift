/// Where a new commit goes.
package enum CommitTarget: Sendable, Hashable {
    /// The branch moves to it, if nobody else has moved it.
    case branch
    /// A private reference keeps it, and the branch stays where it is: a server has to accept the commit first. The
    /// name is without ``GitRepository/privatePrefix``.
    case kept(String)
}
