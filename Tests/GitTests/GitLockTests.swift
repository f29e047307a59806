import Git
import TestSupport
import Testing

@Suite("Locks that a killed program has left", .timeLimit(.minutes(1)))
struct GitLockTests {
    @Test("only those of the named branches are removed, also where the repository has a work tree")
    func removed() async throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git.shell(
            """
            git init -q work && git init -q --bare bare.git && for it in work/.git bare.git; do
            mkdir -p $it/refs/heads/own && touch $it/refs/heads/own/a.lock $it/refs/heads/main.lock $it/refs/heads/own/b
            done
            """)
        for (name, folder) in [("work", "work/.git"), ("bare.git", "bare.git")] {
            try await GitRepository(path: "\(directory.path)/\(name)").removeLocks { $0.hasPrefix("own/") }
            try expectEqual(git.shell("cd \(folder)/refs/heads && ls . own"), ".:\nmain.lock\nown\n\nown:\nb")
        }
    }
}
