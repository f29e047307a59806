/// A repository's own page in the viewer's terms: branches, documents and files.
package struct ViewerOverview: Sendable {
    package struct Branch: Sendable {
        package let name: String
        package let sha: String
        package let subject: String
        /// When the commit was made. Seconds since 1970.
        package let seconds: Int64
        /// Minutes east of UTC.
        package let offset: Int

        package init(name: String, sha: String, subject: String, seconds: Int64, offset: Int) {
            self.name = name
            self.sha = sha
            self.subject = subject
            self.seconds = seconds
            self.offset = offset
        }
    }

    package struct Document: Sendable {
        package let path: String
        /// The first heading; nil without one.
        package let title: String?
        /// What the document says about itself, such as `Draft`.
        package let status: String?
        /// Ticked and all boxes of its task lists.
        package let ticked: Int
        package let boxes: Int
        package let openQuestions: Int

        package init(path: String, title: String?, status: String?, ticked: Int, boxes: Int, openQuestions: Int) {
            self.path = path
            self.title = title
            self.status = status
            self.ticked = ticked
            self.boxes = boxes
            self.openQuestions = openQuestions
        }
    }

    /// A folder of specifications.
    package struct Feature: Sendable {
        package let name: String
        /// The branch to read it on.
        package let branch: String
        /// The specification first.
        package let documents: [Document]

        package init(name: String, branch: String, documents: [Document]) {
            self.name = name
            self.branch = branch
            self.documents = documents
        }
    }

    /// The beginning of a list.
    package struct Part<Item: Sendable>: Sendable {
        package let items: [Item]
        package let isCut: Bool

        package init(items: [Item], isCut: Bool) {
            self.items = items
            self.isCut = isCut
        }
    }

    package let repository: String
    /// The branch whose documents and files are shown.
    package let branch: String
    package let defaultBranch: String
    /// The default branch first, then the most recently changed ones.
    package let branches: Part<Branch>
    package let features: Part<Feature>
    /// Markdown documents that belong to no feature.
    package let documents: Part<Document>
    package let entries: [ViewerTree.Entry]

    package init(
        repository: String, branch: String, defaultBranch: String, branches: Part<Branch>, features: Part<Feature>,
        documents: Part<Document>, entries: [ViewerTree.Entry]
    ) {
        self.repository = repository
        self.branch = branch
        self.defaultBranch = defaultBranch
        self.branches = branches
        self.features = features
        self.documents = documents
        self.entries = entries
    }
}
