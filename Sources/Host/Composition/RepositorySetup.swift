internal import Chat
internal import GitHub
internal import Logging
internal import Primitives
internal import Repositories
package import Specs

/// Sets up the configured repositories.
package enum RepositorySetup {
    /// Creates missing local repositories, and empty mirrors of those on servers.
    static func catalog(
        for configuration: Configuration, upstreams: [String: any Upstream],
        authors: @escaping @Sendable (Sender) async throws -> Sender = { $0 }
    ) async -> RepositoryCatalog {
        let catalog = self.existing(for: configuration, upstreams: upstreams, authors: authors)
        await catalog.prepare()
        return catalog
    }

    /// Where links to a repository's commits and files lead.
    static func pages(of configuration: Configuration, viewer: String) -> RepositoryPages {
        let web = configuration.github.webURL.base
        let hosted = configuration.gitHubRepositories.mapValues { "\(web)/\($0)" }
        guard !hosted.isEmpty else { return RepositoryPages(viewer: viewer) }
        let forks = self.forks(of: configuration)
        let branches = BranchPages { repository, branch in
            forks[repository]?.fork(of: branch).map { "\(web)/\($0)" }
        }
        return RepositoryPages(viewer: viewer, hosted: hosted, branches: branches)
    }

    /// The features of a configured repository, nil for the default one, for the command line.
    package static func features(
        _ configuration: Configuration, repository name: String?
    ) throws -> FeatureReports {
        FeatureReports(
            try Self.existing(for: configuration).repository(name),
            pages: Self.pages(of: configuration, viewer: configuration.gateway.url))
    }

    /// The branches that are in forks, by the names of the repositories on GitHub.
    static func forks(of configuration: Configuration) -> [String: GitHubForks] {
        Dictionary(
            uniqueKeysWithValues: configuration.gitHubRepositories.keys.map { name in
                (name, GitHubForks(mirror: Self.mirror(name, configuration)))
            })
    }

    private static func mirror(_ repository: String, _ configuration: Configuration) -> String {
        "\(configuration.dataDirectory)/mirrors/\(repository).git"
    }

    /// Creates nothing. Without their servers, mirrors are as they were when they were last fetched.
    static func existing(
        for configuration: Configuration, upstreams: [String: any Upstream] = [:],
        authors: @escaping @Sendable (Sender) async throws -> Sender = { $0 }
    ) -> RepositoryCatalog {
        let settings = configuration.repositories.map { repository in
            switch repository.place {
            case .local(let path):
                RepositorySetting(name: repository.name, place: .local(path: path), branch: repository.branch)
            case .github, .remote:
                RepositorySetting(
                    name: repository.name, place: .mirror(path: Self.mirror(repository.name, configuration)),
                    branch: repository.branch)
            }
        }
        return RepositoryCatalog(
            settings, default: configuration.defaultRepository, upstreams: upstreams,
            authors: authors, now: { WallClock.now() / 1_000 }, logger: Logger(label: "repositories"))
    }
}

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
