package import Threads

/// What the servers of repositories say to the commands of threads. Each answer takes seconds at most.
///
/// A repository is given by its name, or nil for the default one; a person by the id.
package struct RepositoryDirectory: Sendable {
    /// A page of what `repo` lists.
    let page: @Sendable (_ listing: RepositoryListing, _ repository: String?, _ person: String) async -> ListedPage
    /// What `status` adds about a session's repository.
    let status: @Sendable (_ session: String, _ repository: String?, _ person: String) async -> [String]

    package init(
        page: @escaping @Sendable (RepositoryListing, String?, String) async -> ListedPage = { _, _, _ in
            ListedPage("Nothing can be listed here.")
        },
        status: @escaping @Sendable (String, String?, String) async -> [String] = { _, _, _ in [] }
    ) {
        self.page = page
        self.status = status
    }
}
