package import Database
internal import JSON

extension Configuration {
    /// Where everything but documents is kept.
    package enum Store: Sendable, Equatable {
        /// An SQLite file, by its absolute path.
        case file(String)
        case postgreSQL(PostgreSQLSettings)

        /// For messages; without a password.
        package var name: String {
            switch self {
            case .file(let path): path
            case .postgreSQL(let settings): settings.name
            }
        }

        static func read(_ section: Section) -> Store {
            let path = section.absolutePath("jetbridge.sqlite")
            let store = section.read("url", default: Store.file(path), shown: .string("sqlite:\(path)"), Self.store)
            let password = section.optional("password") { $0.secret() }
            let authorities = section.optional("ca_file") { $0.filePath() }
            guard case .postgreSQL(let settings) = store else {
                for key in ["password", "ca_file"] where section.has(key) {
                    section.error("\(key) is only for a postgres:// url; an SQLite file needs none")
                }
                return store
            }
            return .postgreSQL(
                PostgreSQLSettings(url: settings.url, password: password, authorities: authorities))
        }

        package struct Problem: Error {
            package let message: String
        }

        /// The store that a command line names. The password of a database is that of the configured one.
        package static func named(_ url: String, in configuration: Configuration) -> Result<Store, Problem> {
            self.parsed(url) { path in
                path.hasPrefix("/") ? path : "\(configuration.dataDirectory)/\(path)"
            }.map { store in
                guard case .postgreSQL(let place) = store, case .postgreSQL(let own) = configuration.store else {
                    return store
                }
                return .postgreSQL(
                    PostgreSQLSettings(url: place.url, password: own.password, authorities: own.authorities))
            }
        }

        private static func store(of value: Value) -> Store? {
            guard let url = value.string() else { return nil }
            switch self.parsed(url, absolute: value.reading.absolutePath) {
            case .success(let store): return store
            case .failure(let problem): return value.error(problem.message)
            }
        }

        private static func parsed(_ url: String, absolute: (String) -> String) -> Result<Store, Problem> {
            if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") { return self.postgreSQL(url) }
            guard url.hasPrefix("sqlite:"), url != "sqlite:" else {
                return .failure(
                    Problem(
                        message: "write sqlite:FILE, where FILE is relative to data_dir or absolute, or "
                            + "postgres://ROLE@HOST:PORT/DATABASE"))
            }
            let file = url.dropFirst("sqlite:".count)
            return .success(.file(absolute(String(file.hasPrefix("///") ? file.dropFirst(2) : file))))
        }

        private static func postgreSQL(_ url: String) -> Result<Store, Problem> {
            let rest = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
            let place = rest.prefix { $0 != "?" }
            let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty, !parts[0].isEmpty else {
                return .failure(Problem(message: "name host and database: postgres://ROLE@HOST:PORT/DATABASE"))
            }
            let person = parts[0].contains("@") ? parts[0].prefix { $0 != "@" } : ""
            guard !person.contains(":"), !rest.contains("password=") else {
                return .failure(
                    Problem(
                        message: "write the password apart, so that no log shows it: store.password: {env: PGPASSWORD}")
                )
            }
            return .success(.postgreSQL(PostgreSQLSettings(url: url)))
        }
    }
}
