internal import GitHub

extension Configuration {
    /// The configured repositories that are on GitHub, by their names here.
    var gitHubRepositories: [String: GitHubRepositoryName] {
        var names: [String: GitHubRepositoryName] = [:]
        for repository in self.repositories {
            guard case .github(let owner, let name) = repository.place else { continue }
            names[repository.name] = GitHubRepositoryName(owner: owner, name: name)
        }
        return names
    }
}
