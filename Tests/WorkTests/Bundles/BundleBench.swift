import Chat
import Crypto
import Git
import Glibc
import Logging
import Objects
import Primitives
import Store
import TestSupport

@testable import Work

/// What the threads were told.
final class ToldOccupants: WorkspaceOccupants {
    private let lines = Protected<[String]>([])
    var texts: [String] { self.lines.withLock { $0 } }
    /// What workspaces took when they were measured.
    let measured = Protected<[Int64]>([])

    func enter(_ workspace: Workspace) async {}
    func isWorking(in session: String) async throws -> Bool { false }
    func leave(_ session: String) async {}
    func forgetSnapshots(of session: String) async throws {}
    func report(_ text: String, in session: String) async { self.lines.withLock { $0.append(text) } }
    func measure(_ workspace: Workspace) async {
        let bytes = await workspace.occupiedBytes()
        self.measured.withLock { $0.append(bytes) }
    }
}

/// Hosts with data directories of their own, which share an object store and the rows about it.
struct BundleBench {
    typealias Fixture = WorkspaceFixture

    let fixture: Fixture
    let store: SessionStore
    let objects: DirectoryObjectStore
    let kept: RealGit

    init(
        _ files: [String: String] = ["README.md": "hello\n", "src/main.c": "int main(void) { return 0; }\n"],
        settings: WorkspaceSettings = WorkspaceSettings()
    ) async throws {
        self.fixture = try Fixture(files, settings: settings)
        self.store = try await .made(in: self.fixture.directory, session: Fixture.session)
        let path = "\(self.fixture.directory.path)/objects"
        mkdir(path, 0o700)
        self.objects = DirectoryObjectStore(path)
        self.kept = RealGit(path)
    }

    /// What the store has of bundles.
    var rows: [WorkspaceBundle] {
        get async throws { try await self.store.read { ledger in try ledger.bundles(of: Fixture.session) } }
    }

    /// A host, started anew with each call.
    func host(
        _ name: String, _ repositories: KeyValuePairs<String, String> = ["notes": "notes"],
        _ occupants: ToldOccupants? = nil
    ) -> Workspaces {
        self.fixture.host(
            name,
            bundles: WorkspaceBundles(
                self.objects, rows: self.store, now: { 1_700_000_000_000 }, logger: Logger(label: "test")),
            repositories,
            occupants)
    }

    static func open(_ host: Workspaces, _ repository: String? = "notes") async throws -> Workspace {
        try await host.open(session: Fixture.session, repository: repository)
    }

    /// Changes files and has the state stored, as after a command.
    @discardableResult
    static func change(_ host: Workspaces, _ command: String, _ repository: String? = "notes") async throws -> Workspace
    {
        let workspace = try await self.open(host, repository)
        try Fixture.shell(command, in: workspace)
        _ = try await workspace.snapshot("test")
        await host.bundles?.flush()
        return workspace
    }

    /// Everything that a rebuilt workspace must have again: names, types, permissions, links and contents.
    ///
    /// Of the modes only what Git keeps: the rest follows the umask, which differs between this process and its parts.
    static func listing(_ workspace: Workspace) throws -> String {
        try Fixture.shell(
            "find . -not -name .git -not -type d "
                + "\\( -perm -100 -printf '%P %y x %l\\n' -o -printf '%P %y - %l\\n' \\) | LC_ALL=C sort; "
                + "find . -type d | LC_ALL=C sort; "
                + "find . -type f -not -name .git -print0 | LC_ALL=C sort -z | xargs -0 sha256sum", in: workspace)
    }

    /// The state that a jail's Git sees.
    func status(_ workspace: Workspace) throws -> String {
        let objects = "GIT_ALTERNATE_OBJECT_DIRECTORIES=\(self.fixture.git.path)/.git/objects"
        return try RealGit(workspace.layout.git).shell(
            "\(objects) git --git-dir=. --work-tree=../files status --porcelain --branch -- ':!.git'")
    }
}
