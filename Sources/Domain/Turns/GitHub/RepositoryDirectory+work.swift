package import Sessions

extension RepositoryDirectory {
    /// What GitHub and the mirrors say.
    package init(_ work: GitHubWork) {
        let (lister, status) = (RepositoryLister(work: work), GitHubStatus(work: work))
        self.init(
            page: { listing, repository, person in await lister.page(listing, of: repository, for: person) },
            status: { session, repository, person in await status.lines(of: session, repository, for: person) })
    }
}
