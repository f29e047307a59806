internal import JSON
package import Logging

/// The configured repositories by name.
package final class RepositoryCatalog: Sendable {
    /// In the order of the configuration.
    package let names: [String]
    /// The repository of threads that have not chosen one; nil when none is configured.
    package let defaultName: String?

    private let settings: [String: RepositorySetting]
    private let local: [String: LocalRepository]
    private let logger: Logger

    /// Does not touch the disk. `default`: nil means the first one. `now`: seconds since 1970. `pause`: waits between
    /// tries while another program holds a lock.
    package init(
        _ settings: [RepositorySetting], default: String? = nil, now: @escaping @Sendable () -> Int64,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }, logger: Logger
    ) {
        self.names = settings.map(\.name)
        self.defaultName = `default` ?? settings.first?.name
        self.logger = logger
        var all: [String: RepositorySetting] = [:]
        var local: [String: LocalRepository] = [:]
        for setting in settings {
            all[setting.name] = setting
            guard case .local(let path) = setting.place else { continue }
            local[setting.name] = LocalRepository(
                name: setting.name, path: path, branch: setting.branch, now: now, pause: pause)
        }
        self.settings = all
        self.local = local
    }

    /// Creates missing local repositories. Logs failures and keeps the repositories configured, because each use tries
    /// again and reports the error. Returns the failures by name.
    @discardableResult
    package func prepare() async -> [String: RepositoryError] {
        var failures: [String: RepositoryError] = [:]
        for (name, repository) in self.local {
            do {
                if try await repository.prepare() {
                    self.logger.info("created a repository", ["repository": .string(name)])
                }
            } catch let error as RepositoryError {
                failures[name] = error
                self.logger.warning(
                    "a repository can't be used", ["repository": .string(name), "reason": .string(error.message)])
            } catch {
                continue  // Nothing else is thrown.
            }
        }
        return failures
    }

    /// The default repository, if it is on this machine.
    package var defaultLocalName: String? { self.defaultName.flatMap { self.local[$0] == nil ? nil : $0 } }

    /// A repository on this machine; nil means the default. Throws ``RepositoryError``.
    package func repository(_ name: String?) throws(RepositoryError) -> LocalRepository {
        guard let name = name ?? self.defaultName else {
            throw RepositoryError(
                .unknown, "no repository is configured: add one under `repositories` in the configuration")
        }
        guard let setting = self.settings[name] else {
            throw RepositoryError(
                .unknown,
                "there is no repository \(name.prefix(64)): choose one of \(self.names.joined(separator: ", "))")
        }
        if let repository = self.local[name] { return repository }
        let place = if case .elsewhere(let place) = setting.place { place } else { "elsewhere" }
        throw RepositoryError(
            .notLocal,
            "the repository \(name) is on \(place), which is not supported for writing yet: choose a local one")
    }
}
