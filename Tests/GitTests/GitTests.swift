import Git
import TestSupport

/// A repository in its own directory, and the `git` program to inspect it.
struct Fixture {
    static let person = GitSignature(name: "Ada", mail: "ada@example.org", seconds: 1_700_000_000, offsetMinutes: 60)
    static let bot = GitSignature(name: "Jetbridge", mail: "bot@example.org", seconds: 1_700_000_001)

    let directory: TemporaryDirectory
    let repository: GitRepository
    let git: RealGit

    /// An empty directory.
    init() throws {
        self.directory = try TemporaryDirectory()
        self.repository = GitRepository(path: self.directory.path)
        self.git = RealGit(self.directory.path)
    }

    /// A repository with a first commit.
    static func initialised(bare: Bool = false) async throws -> Fixture {
        let fixture = try Fixture()
        try await fixture.repository.initialise(bare: bare, committer: Self.bot)
        return fixture
    }

    func change(
        _ files: [String: [UInt8]?], branch: String = "main", base: GitChange.Base = .tip, message: String = "change"
    ) -> GitChange {
        GitChange(
            files: files, branch: branch, base: base, author: Self.person, committer: Self.bot, message: message)
    }

    @discardableResult
    func commit(_ path: String, _ text: String, branch: String = "main") async throws -> GitObjectID {
        try await self.repository.commit(
            self.change([path: Array(text.utf8)], branch: branch, message: "Write \(path)"))
    }

    /// The error that `body` throws.
    static func code(_ body: () async throws -> Void) async -> GitError.Code? {
        do { try await body() } catch { return (error as? GitError)?.code }
        return nil
    }
}
