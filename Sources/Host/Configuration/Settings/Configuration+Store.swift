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

        private static func store(of value: Value) -> Store? {
            guard let url = value.string() else { return nil }
            if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") { return Self.postgreSQL(url, value) }
            guard url.hasPrefix("sqlite:"), url != "sqlite:" else {
                return value.error(
                    "write sqlite:FILE, where FILE is relative to data_dir or absolute, or "
                        + "postgres://ROLE@HOST:PORT/DATABASE")
            }
            let file = url.dropFirst("sqlite:".count)
            return .file(value.reading.absolutePath(String(file.hasPrefix("///") ? file.dropFirst(2) : file)))
        }

        private static func postgreSQL(_ url: String, _ value: Value) -> Store? {
            let rest = url[(url.firstRange(of: "://")?.upperBound ?? url.startIndex)...]
            let place = rest.prefix { $0 != "?" }
            let parts = place.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty, !parts[0].isEmpty else {
                return value.error("name host and database: postgres://ROLE@HOST:PORT/DATABASE")
            }
            let person = parts[0].contains("@") ? parts[0].prefix { $0 != "@" } : ""
            guard !person.contains(":"), !rest.contains("password=") else {
                return value.error(
                    "write the password apart, so that no log shows it: store.password: {env: PGPASSWORD}")
            }
            return .postgreSQL(PostgreSQLSettings(url: url))
        }
    }
}
