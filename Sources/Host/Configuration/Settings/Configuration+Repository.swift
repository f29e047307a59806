package import Analytics
internal import JSON
internal import Store

extension Configuration {
    package struct Repository: Sendable, Equatable {
        package enum Place: Sendable, Equatable {
            /// A local repository's absolute path; created if missing.
            case local(path: String)
            case github(owner: String, name: String)
            /// Any other Git server.
            case remote(Remote)
        }

        /// The name in commands and links.
        package var name: String
        package var place: Place
        package var branch: String
        // Change: a jail's limits
        /// The limits of commands in its workspaces; nil for those of all.
        package var jail: Jail.Limits?
        /// What its data counts as: only models whose `classes` name it get that. Nil for any model.
        package var dataClass: String?
        /// When and where its due tasks are named.
        package var dueTasks: ReportSchedule

        private init(name: String, place: Place, branch: String = "main") {
            self.dueTasks = AnalyticsSettings.dueTasks(nil, of: name)
            self.name = name
            self.place = place
            self.branch = branch
        }

        private init?(_ section: Section, _ jail: Jail.Limits, paths: inout [String: String]) {
            let name = section.required("name", Self.name)
            let path = section.optional("path") { Self.path($0, of: name, &paths) }
            let github = section.optional("github", Self.github)
            self.branch = section.read("branch", default: "main", Self.branch)
            let remote = section.has("remote") ? Remote(section) : nil
            self.jail = section.has("jail") ? section.section("jail") { Jail.Limits($0, standard: jail) } : nil
            if ["path", "github", "remote"].count(where: { section.has($0) }) != 1 {
                section.error("a repository needs one of 'path', 'github' and 'remote'")
            }
            self.dataClass = section.optional("class") { $0.dataClass() }
            let due = { AnalyticsSettings.dueTasks($0, of: name ?? "") }
            self.dueTasks = section.has("due_tasks") ? section.section("due_tasks", due) : due(nil)
            guard let name, let place = path.map(Place.local) ?? github ?? remote.map(Place.remote) else { return nil }
            self.name = name
            self.place = place
        }

        /// One local repository if the key is missing; an empty list means none.
        ///
        /// - Parameter jail: The limits of all, for keys that a repository leaves out.
        static func list(_ root: Section, jail: Jail.Limits) -> [Repository] {
            var paths: [String: String] = [:]
            let items = root.list("repositories") { value in
                value.section { Repository($0, jail, paths: &paths) }.map { (value, $0) }
            }
            guard let items else {
                let path = root.absolutePath("notes")
                root.effective.set("repositories", [["name": "notes", "path": .string(path)]])
                return [Repository(name: "notes", place: .local(path: path))]
            }
            var names: Set<String> = []
            for (value, repository) in items where !names.insert(repository.name).inserted {
                value.report("the name '\(repository.name)' is already used by another repository")
            }
            return items.map { $0.1 }
        }

        /// The default repository: `default_repository`, else the first one.
        static func standard(_ root: Section, among repositories: [Repository]) -> String? {
            root.read("default_repository", default: repositories.first?.name) { value in
                guard let name = value.string() else { return nil }
                let names = repositories.map(\.name)
                if names.contains(name) { return .some(name) }
                value.report("there is no repository '\(name)'", nearestTo: name, among: names)
                return nil
            }
        }

        private static func path(_ value: Value, of name: String?, _ paths: inout [String: String]) -> String? {
            guard let path = value.filePath() else { return nil }
            let place = Self.segments(of: path)
            if let other = paths.updateValue(name ?? "", forKey: place.joined(separator: "/")) {
                return value.error("the repository '\(other)' has this path too")
            }
            guard !Self.segments(of: value.reading.dataDirectory).starts(with: place) else {
                return value.error("the data directory is in this folder; choose one for the repository alone")
            }
            return path
        }

        private static func segments(of path: String) -> [Substring] {
            path.split(separator: "/").reduce(into: []) { kept, segment in
                if segment == ".." { _ = kept.popLast() } else if segment != "." { kept.append(segment) }
            }
        }

        /// Names are used in URLs and commands.
        private static func name(_ value: Value) -> String? {
            value.string(
                where: { $0.utf8.count <= 64 && $0.first != "." && $0.first != "-" && $0.isPlain(with: "._-") },
                else: "a name is at most 64 letters, digits, '.', '_' or '-', and does not begin with '.' or '-'")
        }

        private static func github(_ value: Value) -> Place? {
            guard let text = value.string() else { return nil }
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.isPlain(with: "._-") }) else {
                return value.error("a GitHub repository has the form owner/name")
            }
            return .github(owner: String(parts[0]), name: String(parts[1]))
        }

        /// The common rules of git-check-ref-format; Git itself checks the rest.
        private static func branch(_ value: Value) -> String? {
            guard let text = value.string() else { return nil }
            let isGood =
                text.unicodeScalars.allSatisfy {
                    $0.value > 0x20 && $0.value != 0x7F && !"~^:?*[\\".unicodeScalars.contains($0)
                }
                && !text.contains("..") && !text.contains("//") && !text.hasPrefix("-") && !text.hasPrefix("/")
                && !text.hasSuffix("/") && !text.hasSuffix(".lock") && !text.hasSuffix(".")
            return isGood ? text : value.error("'\(text)' is not a valid Git branch name")
        }
    }
}
