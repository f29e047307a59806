package import Chat
internal import JSON
package import Logging

/// The configured repositories by name.
package final class RepositoryCatalog: Sendable {
    /// In the order of the configuration.
    package let names: [String]
    /// The repository of threads that have not chosen one; nil when none is configured.
    package let defaultName: String?

    private let local: [String: LocalRepository]
    private let logger: Logger

    /// Does not touch the disk. `default`: nil means the first one. `upstreams`: the servers of the mirrors, by the
    /// repositories' names. `authors`: under whose name somebody commits. `now`: seconds since 1970. `elapsed`: the time
    /// since some moment, for the age of what is known of a server. `pause`: waits between tries while another program
    /// holds a lock.
    package init(
        _ settings: [RepositorySetting], default: String? = nil, upstreams: [String: any Upstream] = [:],
        authors: @escaping @Sendable (Sender) async throws -> Sender = { $0 },
        now: @escaping @Sendable () -> Int64, elapsed: (@Sendable () -> Duration)? = nil,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }, logger: Logger
    ) {
        self.names = settings.map(\.name)
        self.defaultName = `default` ?? settings.first?.name
        self.logger = logger
        let start = ContinuousClock.now
        let elapsed = elapsed ?? { ContinuousClock.now - start }
        var local: [String: LocalRepository] = [:]
        for setting in settings {
            let path =
                switch setting.place {
                case .local(let path), .mirror(let path): path
                }
            local[setting.name] = LocalRepository(
                name: setting.name, path: path, branch: setting.branch, upstream: upstreams[setting.name],
                authors: authors,
                now: now, elapsed: elapsed, pause: pause)
        }
        self.local = local
    }

    /// Creates missing local repositories and mirrors, and removes locks that a killed host has left. Logs failures and
    /// keeps the repositories configured, because each use tries again and reports the error. Returns the failures by
    /// name.
    @discardableResult
    package func prepare() async -> [String: RepositoryError] {
        var failures: [String: RepositoryError] = [:]
        for (name, repository) in self.local {
            do {
                if try await repository.prepare() {
                    self.logger.info("created a repository", ["repository": .string(name)])
                } else {
                    try await repository.removeLeftLocks()
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

    /// A repository by its name; nil means the default. Throws ``RepositoryError``.
    package func repository(_ name: String?) throws(RepositoryError) -> LocalRepository {
        guard let name = name ?? self.defaultName else {
            throw RepositoryError(
                .unknown, "no repository is configured: add one under `repositories` in the configuration")
        }
        guard let repository = self.local[name] else {
            throw RepositoryError(
                .unknown,
                "there is no repository \(name.prefix(64)): choose one of \(self.names.joined(separator: ", "))")
        }
        return repository
    }
}

/// One configured repository.
package struct RepositorySetting: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// An absolute path on this machine; created if missing.
        case local(path: String)
        /// On a server; the path is that of the mirror on this machine, which is created if missing.
        case mirror(path: String)
    }

    /// The name in commands and links.
    package var name: String
    package var place: Place
    /// The base of new branches; nil for HEAD's branch.
    package var branch: String?

    package init(name: String, place: Place, branch: String? = nil) {
        self.name = name
        self.place = place
        self.branch = branch
    }
}
