import Chat
import Git
import TestSupport
import Testing
import Work

@Suite("Workspaces: commits that are larger than they look", .timeLimit(.minutes(2)))
struct LargeCommitsTests {
    typealias Fixture = WorkspaceFixture

    /// 206 bytes of a pack, with its index: files of zeros, the largest one of 1,069,547,520 bytes.
    private static let pack =
        "UEFDSwAAAAIAAAADsPAfeNrtwQENAAAAwqD3T+3sARQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAA3/wAAAfcgzlKNsrJgcNMP4DQJRQZSAfr3BX942mv4x9zQ8Id9wf9ROJIhANHDopT5CB6sVLy2Qe0f/cIdowFq"
        + "RP98dkaBeNpraPjD3tDQ8I/5wP+BhQB72HRFts1Te2aKgrhGHkuK7tAnqwayCaE="
    private static let index =
        "H4sIAAAAAAACA/tf4p/MwMDAxEBdwEgCZhrFo3gIY+bhgIVPcCnFKPnMfsorfiY3cJbH7huTj8itCdmzzfGt/N9DsosZs1z+15S5NZ4L6t20"
        + "KaHgMv8DE05XtiDGX99Z6yOFBAvlF1722xgW9gtoVj8QpwAxz7azwdVpXU073OS8u95dUF/NtolzIR/T/ds/dK63Fxn9+zAtQr94gfID"
        + "FwD7d/y2hAQAAA=="

    /// What a command does in the jail: a tree `$t`.
    struct Trick: CustomTestStringConvertible, Sendable {
        let name: String
        let tree: String
        /// What the refusal says.
        let reason: String

        var testDescription: String { self.name }

        static func levels(_ levels: Int, _ branches: Int) -> String {
            """
            b=$(echo x | git hash-object -w --stdin)
            t=$(printf '100644 blob %s\\tf0\\n100644 blob %s\\tf1\\n' $b $b | git mktree)
            for l in $(seq \(levels)); do
            t=$(for i in $(seq \(branches)); do printf '040000 tree %s\\td%s\\n' $t $i; done | git mktree); done
            """
        }

        private static let unpack = """
            echo \(LargeCommitsTests.pack) | base64 -d > /git/objects/pack/pack-1.pack
            echo \(LargeCommitsTests.index) | base64 -d | gunzip > /git/objects/pack/pack-1.idx

            """

        static let all = [
            Trick(
                name: "13 objects, 2 × 10^10 files", tree: Self.levels(10, 10),
                reason: "changes more than 100000 files and folders"),
            Trick(
                name: "halves of halves", tree: Self.levels(40, 2),
                reason: "changes more than 100000 files and folders"),
            Trick(
                name: "300,000 files in a folder",
                tree: """
                    b=$(echo x | git hash-object -w --stdin)
                    t=$(seq 300000 | sed "s/.*/100644 blob $b\\tf&/" | git mktree)
                    """, reason: "changes more than 100000 files and folders"),
            Trick(
                name: "folders inside each other",
                tree: """
                    t=$(git mktree </dev/null); for i in $(seq 300); do
                    t=$(printf '040000 tree %s\\ta\\n' $t | git mktree); done
                    """, reason: "has folders more than 256 levels deep"),
            Trick(
                name: "a gigabyte in a pack of 206 bytes",
                tree: Self.unpack
                    + "t=$(printf '100644 blob 13c80a225c224c9be50d17cc6d519a48bbd893c4\\tlarge\\n' | git mktree)",
                reason: "has the file large of more than 100 MB"),
            Trick(
                name: "the same, as Git in the jail found it",
                tree: Self.unpack
                    + """
                    t=$(printf '100644 blob %s\\ta\\n100644 blob %s\\tb\\n100644 blob %s\\tc\\n' \
                    ce528db2b26070d30fe0340945065201faf7057f 1eac54bcb641ed1ffdc21da3016a44ff7c764681 \
                    13c80a225c224c9be50d17cc6d519a48bbd893c4 | git mktree)
                    """, reason: "the commits need more than 256 MB of memory or 60 s to check"),
            Trick(
                name: "320 MB of zeros",
                tree: """
                    b=$(head -c 320000000 /dev/zero | git hash-object -w --stdin)
                    t=$(printf '100644 blob %s\\tzeros\\n' $b | git mktree)
                    """, reason: "has the file zeros of more than 100 MB"),
            Trick(
                name: "a message of 2 MB",
                tree: "t=$(git write-tree); m=$(head -c 2000000 /dev/zero | tr '\\0' a)",
                reason: "has a message of over 1 MB"),
        ]
    }

    @Test("they are refused in a line, and the next commit is taken over", arguments: Trick.all)
    func refused(trick: Trick) async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make()
        try await git(
            "\(trick.tree)\nprintf %s \"${m:-hostile}\" > /git/message; "
                + "git update-ref HEAD $(git commit-tree $t -p HEAD -F /git/message)")
        let before = Self.resident
        let refusal = await Fixture.failure { _ = try await workspace.takeOver() }
        #expect(Self.resident - before < 64 << 20)
        #expect(refusal.contains(trick.reason) && refusal.split(separator: "\n").count == 1, "\(refusal)")
        #expect(refusal.hasPrefix("too large to take over: ") || trick.name == "a message of 2 MB", "\(refusal)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try expectEqual(fixture.git.shell("ls ../workspaces/abc123/host").contains("quarantine"), false)
        try await git("git reset -q --mixed HEAD~1; echo a > a; git add a; git commit -qm Small")
        try await expectEqual(workspace.takeOver().map(\.subject), ["Small"])
    }

    @Test("those of a model's command are not shown to anybody either")
    func model() async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make()
        try await workspace.holdCommits()
        try await git("\(Trick.levels(10, 10)); git update-ref HEAD $(git commit-tree $t -p HEAD -m hostile)")
        let refusal = await Fixture.failure { _ = try await workspace.jailCommits() }
        #expect(refusal.hasPrefix("too large to take over: the commit ") && refusal.contains("100000"), "\(refusal)")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
    }

    @Test("several commits are refused that only together are too large")
    func together() async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make()
        // 90,000 paths each.
        try await git(
            """
            b=$(echo x | git hash-object -w --stdin)
            t=$(seq 300 | sed "s/.*/100644 blob $b\\tf&/" | git mktree)
            t=$(seq 299 | sed "s/.*/040000 tree $t\\td&/" | git mktree)
            for n in 1 2 3 4 5 6; do
            r=$( (git ls-tree HEAD; printf "040000 tree $t\\td$n\\n") | git mktree)
            git update-ref HEAD $(git commit-tree $r -p HEAD -m part)
            done
            """)
        let refusal = await Fixture.failure { _ = try await workspace.takeOver() }
        expectEqual(
            refusal,
            "too large to take over: what is new changes more than 500000 files and folders: take it back with "
                + "`git reset --soft`, then commit less at once")
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
    }

    @Test("a commit of two thousand files takes a few files of the repository, not two thousand")
    func many() async throws {
        let (fixture, workspace, git) = try await TakeOverTests.make()
        try await git("mkdir d; for i in $(seq 2000); do echo $i > d/$i; done; git add -A; git commit -qm Many")
        let notice = try #require(try await workspace.takeOver().first)
        #expect((notice.files, notice.additions) == (2_000, 2_000))
        try Fixture.shell("for i in $(seq 2000); do echo x >> d/$i; done", in: workspace)
        try await expectEqual(workspace.commit("More", by: Fixture.ada, turn: "t")?.files, 2_000)
        try expectEqual(fixture.git("fsck --strict"), "")
        #expect(
            try fixture.git.shell("find .git/objects -type f | wc -l").split(separator: " ").first.map { Int($0) ?? 0 }
                ?? 0 < 100)
        try await expectEqual(git("git status --short"), [])
    }

    @Test("a commit of the files themselves that is too large is not made")
    func own() async throws {
        let (fixture, workspace, _) = try await TakeOverTests.make()
        try Fixture.shell(
            "head -c 1000000 /dev/zero > zeros; mkdir d; for i in $(seq 300); do cp zeros d/$i; done", in: workspace)
        let refusal = await Fixture.failure { _ = try await workspace.commit("m", by: Fixture.ada, turn: "t") }
        expectEqual(
            refusal,
            "too large to commit: the commit changes more than 256 MB of files: commit less at once, or in a "
                + "clone")
        #expect(
            await Fixture.failure { _ = try await workspace.draft() }.hasPrefix("too large to show: the difference "))
        #expect(try await workspace.diff().hasPrefix("diff --git a/d/1 b/d/1\n"))
        try expectEqual(fixture.git("branch --list 'jetbridge/*'"), "")
        try await expectEqual(workspace.changes(from: workspace.snapshot("all").id, to: nil).count, 0)
        try Fixture.shell("rm -r d", in: workspace)
        try await expectEqual(workspace.commit("m", by: Fixture.ada, turn: "t")?.files, 1)
    }

    private static var resident: Int {
        Int(Survivors.text("/proc/self/statm").split(separator: " ")[1]).map { $0 * 4_096 } ?? 0
    }
}
