/// What the description of a branch's pull request is made from.
package struct PullRequestMaterial: Sendable, Hashable {
    package struct Document: Sendable, Hashable {
        package let label: String
        package let url: String

        package init(label: String, url: String) {
            self.label = label
            self.url = url
        }
    }

    package struct Commit: Sendable, Hashable {
        package let id: String
        package let subject: String

        package init(id: String, subject: String) {
            self.id = id
            self.subject = subject
        }
    }

    /// The thread's session, which the marks name.
    package var thread: String
    /// The feature's title; nil without a feature.
    package var title: String?
    /// The first paragraph about the feature.
    package var summary: String?
    package var stories: [String] = []
    package var documents: [Document] = []
    package var tasksDone = 0
    package var tasks = 0
    /// The newest first.
    package var commits: [Commit] = []
    /// How many there are; more than ``commits`` if the list was cut.
    package var commitCount = 0
    /// The person's display name, and the network.
    package var asker: String?
    package var network: String?

    package init(thread: String) { self.thread = thread }
}
