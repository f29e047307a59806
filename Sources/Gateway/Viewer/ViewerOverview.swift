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
    }

    /// A folder of specifications.
    package struct Feature: Sendable {
        package let name: String
        /// The branch to read it on.
        package let branch: String
        /// The specification first.
        package let documents: [Document]
    }

    /// The beginning of a list.
    package struct Part<Item: Sendable>: Sendable {
        package let items: [Item]
        package let isCut: Bool
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
}
