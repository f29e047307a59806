internal import JSON
internal import Lifecycle

/// The branches of a repository that are in forks of it, because the account that made them may not push to the
/// repository itself.
///
/// They are in a file next to the mirror, which outlives it. Reading looks at the file, so that every part of the program
/// sees the same; only the mirror's own work writes it, one step at a time.
package struct GitHubForks: Sendable, Hashable {
    private let path: String

    /// - Parameter mirror: The path of the mirror.
    package init(mirror: String) {
        self.path = "\(mirror).forks"
    }

    /// The fork that has a branch; nil where it is in the repository itself.
    package func fork(of branch: String) -> GitHubRepositoryName? { self.all[branch] }

    /// By branch.
    package var all: [String: GitHubRepositoryName] {
        guard let bytes = PrivateFile.read(self.path)?.bytes, let json = try? JSON.parse(bytes),
            let members = json.objectValue
        else { return [:] }
        return members.reduce(into: [:]) { all, member in
            all[member.key] = member.value.stringValue.flatMap { GitHubRepositoryName($0) }
        }
    }

    /// Notes where a branch is; nil for the repository itself. Throws `SystemError`.
    package func set(_ branch: String, _ fork: GitHubRepositoryName?) throws {
        var all = self.all
        guard all[branch] != fork else { return }
        all[branch] = fork
        let json = JSON.object(JSONObject(dictionary: all.mapValues { .string($0.description) }))
        try PrivateFile.write(json.bytes, to: self.path)
    }
}
