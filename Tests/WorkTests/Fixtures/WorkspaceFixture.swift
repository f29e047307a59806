import Chat
import Git
import Glibc
import Logging
import Repositories
import TestSupport
import Work

/// A file could not be written.
struct TemporaryFailure: Error {
    let code: Int32
}

/// A repository, and workspaces of its threads.
struct WorkspaceFixture {
    static let session = "abc123"
    static let branch = "jetbridge/abc123"
    static let ada = Sender(id: "irc:ada", identities: [], displayName: "Ada")

    let directory: TemporaryDirectory
    /// The repository's `git`.
    let git: RealGit
    let workspaces: Workspaces
    private let settings: WorkspaceSettings
    private let packer: CommitPacker?

    init(
        _ files: [String: String] = ["README.md": "hello\n", "src/main.c": "int main(void) { return 0; }\n"],
        settings: WorkspaceSettings = WorkspaceSettings(), packer: CommitPacker? = nil,
        occupants: (any WorkspaceOccupants)? = nil
    ) throws {
        self.directory = try TemporaryDirectory()
        let path = "\(self.directory.path)/notes"
        mkdir(path, 0o755)
        self.git = RealGit(path)
        try self.git("init -q")
        for (name, text) in files { try Self.write(text, to: "\(path)/\(name)") }
        try self.git("add -A")
        try self.git("commit -q --allow-empty -m 'First commit'")
        self.settings = settings
        self.packer = packer
        self.workspaces = Self.workspaces(in: self.directory, settings, packer, occupants: occupants)
    }

    /// The same workspaces, as another process would open them.
    func another(with settings: WorkspaceSettings? = nil) -> Workspaces {
        Self.workspaces(in: self.directory, settings ?? self.settings, self.packer)
    }

    /// The same workspaces, as a process with other repositories would open them: folders by names.
    func another(
        _ repositories: KeyValuePairs<String, String>, _ occupants: (any WorkspaceOccupants)? = nil
    ) -> Workspaces {
        Self.workspaces(in: self.directory, self.settings, self.packer, repositories, occupants: occupants)
    }

    /// Workspaces of the same repositories in another data directory, as another host would have them.
    func host(
        _ name: String, bundles: WorkspaceBundles?, _ repositories: KeyValuePairs<String, String> = ["notes": "notes"],
        _ occupants: (any WorkspaceOccupants)? = nil
    ) -> Workspaces {
        Self.workspaces(
            in: self.directory, self.settings, self.packer, repositories, folder: name, occupants: occupants,
            bundles: bundles)
    }

    private static func workspaces(
        in directory: TemporaryDirectory, _ settings: WorkspaceSettings, _ packer: CommitPacker?,
        _ repositories: KeyValuePairs<String, String> = ["notes": "notes"], folder: String = "workspaces",
        occupants: (any WorkspaceOccupants)? = nil, bundles: WorkspaceBundles? = nil
    ) -> Workspaces {
        let catalog = RepositoryCatalog(
            repositories.map { name, folder in
                RepositorySetting(name: name, place: .local(path: "\(directory.path)/\(folder)"))
            }, now: { 1_700_000_000 }, logger: Logger(label: "test"))
        return Workspaces(
            folder: "\(directory.path)/\(folder)", repositories: catalog, settings: settings, packer: packer,
            occupants: occupants, bundles: bundles, now: { 1_700_000_000_000 }, logger: Logger(label: "test"))
    }

    func open(
        _ session: String = Self.session, repository: String? = "notes", feature: String? = nil,
        update: SessionPlace.Update = .required
    ) async throws -> Workspace {
        try await self.workspaces.open(session: session, repository: repository, feature: feature, update: update)
    }

    /// What retention does with the workspace of an idle session long after its last use.
    func expire(_ session: String = Self.session) async throws -> WorkspaceRemoval {
        try await self.workspaces.remove(session: session, unusedSince: 1_800_000_000_000) { .idle }
    }

    /// Runs a shell command as a program in the jail would, in the workspace's folder.
    @discardableResult
    static func shell(_ command: String, in workspace: Workspace) throws -> String {
        try RealGit(workspace.folder).shell(command)
    }

    /// Writes a file and its folders.
    static func write(_ text: String, to path: String) throws {
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        guard let file = fopen(path, "w") else { throw TemporaryFailure(code: errno) }
        fputs(text, file)
        fclose(file)
    }

    static func text(_ workspace: Workspace, _ path: String) async throws -> String {
        String(decoding: try await workspace.read(path, limit: 1 << 20), as: UTF8.self)
    }

    /// The message of the failure that `body` throws.
    static func failure(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no failure"
        } catch {
            return "\(error)"
        }
    }
}
