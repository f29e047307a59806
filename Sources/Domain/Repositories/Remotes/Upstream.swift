package import Git

/// The server that a mirror follows.
package protocol Upstream: Sendable {
    /// Makes the mirror's branches exactly those of the server, and its HEAD the server's default branch. Throws
    /// `GitError` or ``RepositoryError``.
    func fetch(into mirror: GitRepository) async throws

    /// Puts commits on a branch of the server, never by force. Afterwards the mirror has all objects of the result; its
    /// branches stay as they are.
    ///
    /// - Returns: The commit that the branch is at now: the given one, or one of the server's own with the same tree,
    ///   parent and message.
    ///
    /// Throws `GitError` with code `conflict` if the branch is somewhere else than expected, `exists` if it should not
    /// exist; other errors if the server refuses the commits or does not answer.
    func publish(_ publication: Publication, from mirror: GitRepository) async throws -> GitObjectID
}

/// Commits for a branch of a server.
package struct Publication: Sendable, Hashable {
    /// The private reference that keeps the last of the commits, without ``GitRepository/privatePrefix``.
    package let reference: String
    package let commit: GitObjectID
    package let branch: String
    /// Where the branch has to be; nil if it must not exist yet.
    package let expected: GitObjectID?
    /// Whether it is one commit of documents, which the server may make itself.
    package let isDocuments: Bool
    /// The operation, which is in the commits' trailer `Jetbridge-Turn`; nil for commits that were made by hand.
    package let turn: String?

    /// The same commits, for a branch that is elsewhere.
    package func expecting(_ expected: GitObjectID?) -> Publication {
        Publication(
            reference: self.reference, commit: self.commit, branch: self.branch, expected: expected,
            isDocuments: self.isDocuments, turn: self.turn)
    }
}
