internal import Chat
internal import Logging
internal import Primitives
internal import Repositories
internal import Specs

/// Sets up the configured repositories.
enum RepositorySetup {
    /// Creates missing local repositories.
    static func catalog(for configuration: Configuration) async -> RepositoryCatalog {
        let catalog = self.existing(for: configuration)
        await catalog.prepare()
        return catalog
    }

    /// Creates nothing.
    static func existing(for configuration: Configuration) -> RepositoryCatalog {
        let settings = configuration.repositories.map { repository in
            switch repository.place {
            case .local(let path):
                RepositorySetting(name: repository.name, place: .local(path: path), branch: repository.branch)
            case .github:
                RepositorySetting(name: repository.name, place: .elsewhere("GitHub"), branch: repository.branch)
            }
        }
        return RepositoryCatalog(
            settings, default: configuration.defaultRepository, now: { WallClock.now() / 1_000 },
            logger: Logger(label: "repositories"))
    }
}
