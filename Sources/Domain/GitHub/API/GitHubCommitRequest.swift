/// Several files that become one commit on an expected head.
package struct GitHubCommitRequest: Sendable, Hashable {
    package var repository: GitHubRepositoryName
    package var branch: String
    /// The commit that the branch must point to.
    package var expectedHead: String
    /// The first line is the headline.
    package var message: String
    package var changes: [GitHubFileChange]

    package init(
        _ repository: GitHubRepositoryName, branch: String, expectedHead: String, message: String,
        changes: [GitHubFileChange]
    ) {
        self.repository = repository
        self.branch = branch
        self.expectedHead = expectedHead
        self.message = message
        self.changes = changes
    }

    var headline: String { self.message.split(separator: "\n", maxSplits: 1).first.map(String.init) ?? "" }

    var messageBody: String {
        let rest = self.message.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
        return String((rest ?? "").drop { $0 == "\n" })
    }

    var purpose: String { "Committing to the branch \(self.branch)" }
}

/// A change of one file in a commit.
package struct GitHubFileChange: Sendable, Hashable {
    package let path: String
    /// Nil to delete it.
    package let bytes: [UInt8]?
    package var isExecutable = false

    package init(_ path: String, _ bytes: [UInt8]?, isExecutable: Bool = false) {
        self.path = path
        self.bytes = bytes
        self.isExecutable = isExecutable
    }
}
