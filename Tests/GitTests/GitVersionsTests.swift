import Git
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct GitVersionsTests {
    /// Commits by git, so that dates differ and merges are git's own.
    private static func repository() async throws -> Fixture {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell(
            """
            export GIT_COMMITTER_DATE GIT_AUTHOR_DATE
            step() { n=$((${n:-1800000000} + 10)); GIT_COMMITTER_DATE="$n +0000"; GIT_AUTHOR_DATE="$n +0000"; }
            step; mkdir d && echo 1 > d/a && echo 1 > b && git add . && git commit -qm 'one'
            step; echo 2 > b && git add . && git commit -qm 'two: b'
            step; git switch -qc side && echo 1 > c && git add . && git commit -qm 'side: c'
            step; git switch -q main && echo 3 > b && git add . && git commit -qm 'three: b'
            step; git merge -q --no-edit -m 'merge' side
            step; git rm -q c && git commit -qm 'four: no c'
            """)
        return fixture
    }

    @Test("the last commit of each path; merges that take over a side do not count")
    func last() async throws {
        let fixture = try await Self.repository()
        let head = try await fixture.repository.resolve("main")
        let found = try await fixture.repository.lastChanges(of: ["d/a", "b", "c", "d", "none"], from: head)
        expectEqual(found.mapValues(\.subject)["d/a"], "one")
        expectEqual(found["d"]?.subject, "one")
        expectEqual(found["b"]?.subject, "three: b")
        expectEqual(found["c"]?.subject, "four: no c")
        expectEqual(found["none"], nil)
        let few = try await fixture.repository.lastChanges(of: ["d/a", "b"], from: head, visits: 2)
        #expect(few.isEmpty)
    }

    @Test("the versions of a file, newest first")
    func history() async throws {
        let fixture = try await Self.repository()
        let head = try await fixture.repository.resolve("main")
        let all = try await fixture.repository.history(of: "b", from: head, limit: 10)
        #expect(all.items.map(\.subject) == ["three: b", "two: b", "one"] && !all.isCut)
        let two = try await fixture.repository.history(of: "b", from: head, limit: 2)
        #expect(two.items.map(\.subject) == ["three: b", "two: b"] && two.isCut)
        try await expectEqual(fixture.repository.history(of: "c", from: head, limit: 10).items.count, 2)
        await expectEqual(
            Fixture.code { _ = try await fixture.repository.history(of: "../b", from: head, limit: 1) }, .invalidName)
    }

    @Test("what differs in a file between two commits")
    func patch() async throws {
        let fixture = try await Self.repository()
        let head = try await fixture.repository.resolve("main")
        let versions = try await fixture.repository.history(of: "b", from: head, limit: 10).items
        let patch = try await fixture.repository.patch(of: "b", from: versions[2].id, to: versions[0].id)
        #expect(patch.hasSuffix("@@ -1 +1 @@\n-1\n+3\n"), "\(patch)")
        #expect(patch.hasPrefix("diff --git a/b b/b\n"))
        #expect(try await fixture.repository.patch(of: "b", from: versions[0].id, to: head).isEmpty)
        #expect(try await fixture.repository.patch(of: "none", from: versions[0].id, to: head).isEmpty)
        let gone = try await fixture.repository.patch(of: "c", from: fixture.repository.resolve("side"), to: head)
        #expect(gone.contains("-1\n"))
    }

    @Test("names are as they are, and quoted only where a line could not have them")
    func names() async throws {
        let fixture = try await Fixture.initialised()
        for (name, shown) in [
            ("ün 日本.txt", "diff --git a/ün 日本.txt b/ün 日本.txt\n"),
            ("a\"ü", "diff --git \"a/a\\\"\\303\\274\" \"b/a\\\"\\303\\274\"\n"),
        ] {
            let old = try await fixture.commit(name, "\"old\"\n")
            let new = try await fixture.commit(name, "new\n")
            let patch = try await fixture.repository.patch(of: name, from: old, to: new)
            #expect(patch.hasPrefix(shown) && patch.hasSuffix("@@ -1 +1 @@\n-\"old\"\n+new\n"), "\(patch)")
        }
    }
}
