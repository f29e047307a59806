package import Git

/// Documents to commit on a branch, written by someone who had read one commit of it.
package struct DocumentChange: Sendable, Hashable {
    package let branch: String
    /// The commit that was read.
    package let base: GitObjectID
    package let documents: [Document]
    package let subject: String
    /// Without trailers; may be empty.
    package let body: String
    package let author: GitSignature
    /// The operation's id, for the trailer `Jetbridge-Turn`.
    package let turn: String
    /// Who else has written it, each in a trailer `Co-authored-by`.
    package let coAuthors: [GitSignature]

    package init(
        branch: String, base: GitObjectID, documents: [Document], subject: String, body: String = "",
        author: GitSignature, turn: String, coAuthors: [GitSignature] = []
    ) {
        self.branch = branch
        self.base = base
        self.documents = documents
        self.subject = subject
        self.body = body
        self.author = author
        self.turn = turn
        self.coAuthors = coAuthors
    }
}

/// The outcome of a ``DocumentChange``.
package enum WriteOutcome: Sendable, Hashable {
    case committed(MadeCommit)
    /// The branch had moved on, and both changes fit together: the commit contains both.
    case merged(MadeCommit, with: [GitCommit])
    /// The branch had moved on, and both changed the same lines: nothing was committed on it.
    case conflict(DocumentConflict)
    /// The branch has these texts already.
    case unchanged
}

/// Two versions of the same documents that do not fit together.
package struct DocumentConflict: Sendable, Hashable {
    /// A document with both versions; nil where a side deleted it.
    package struct File: Sendable, Hashable {
        package let path: String
        package let base: [UInt8]?
        package let ours: [UInt8]?
        package let theirs: [UInt8]?
    }

    package let repository: String
    package let branch: String
    /// Our commit on the old head, which no branch has; a private reference keeps it until the conflict is resolved.
    package let ours: GitObjectID
    /// The branch's head with the other change.
    package let theirs: GitObjectID
    /// The commits in between, newest first.
    package let commits: [GitCommit]
    package let files: [File]
}
