import Agent
import Glibc
import JSON
import TestSupport
import Testing

@Suite("Path tricks", .timeLimit(.minutes(1)))
struct PathTrickTests {
    /// A workspace with links that lead out of it, and a folder with a secret outside.
    private static func fixture() async throws -> ToolFixture {
        let fixture = try await ToolFixture(["dir/file": "inside\n"])
        try fixture.shell(
            """
            mkdir ../../../outside; printf 'secret\\n' > ../../../outside/file; ln -s ../../../outside away
            ln -s ../../../outside/file link; ln -s \(fixture.directory.path)/outside absolute; mkfifo pipe
            ln -s dir inner; ln -s nowhere dangling; ln -s /proc/self/fd fds; mkdir .git; printf x > .git/config
            mknod device c 1 5; mkdir -p sub; ln ../../../outside/file sub/hard
            """)
        return fixture
    }

    private static let paths = [
        "../../../outside/file", "dir/../../../../outside/file", "/etc/passwd", "//etc/passwd", "~/x", "~",
        "/workspace/../etc/passwd", "/workspacex/file", "away/file", "absolute/file", "link", "inner/file", "dangling",
        "fds/0", "pipe", "device", ".git/config", "dir/.GIT/x", "dir", "", "/", "/workspace", "..", "a\u{0}b",
        String(repeating: "x", count: 300), String(repeating: "x/", count: 2_000) + "y", "dir/file/more",
        "/proc/self/mem",
        "\"\\1\"", "link/", "./../x",
    ]

    @Test("None reads, writes, edits or patches", arguments: Self.paths)
    func refused(_ path: String) async throws {
        let fixture = try await Self.fixture()
        let before = try fixture.shell("cat ../../../outside/file; find . ../../../outside | sort")
        for (tool, arguments) in [
            ("read", ["path": .string(path)]), ("write", ["path": .string(path), "text": "owned"]),
            ("edit", ["path": .string(path), "old": "secret", "new": "owned"]),
            ("patch", ["text": .string("*** Begin Patch\n*** Delete File: \(path)\n*** End Patch")]),
            (
                "patch",
                ["text": .string("*** Begin Patch\n*** Update File: dir/file\n*** Move to: \(path)\n*** End Patch")]
            ),
        ] as [(String, JSON)] {
            let result = try await fixture.call(tool, arguments)
            expectEqual(result.outcome, .failed, "\(tool) \(path): \(result.text)")
            #expect(!result.text.contains("secret\n") && !result.text.contains("root:"))
            #expect(!result.text.contains(fixture.directory.path), "\(result.text)")
        }
        try expectEqual(fixture.shell("cat ../../../outside/file; find . ../../../outside | sort"), before)
    }

    @Test(
        "A search and a listing stay inside", arguments: ["", "away", "absolute", "..", "/etc", "inner", "fds", "link"])
    func search(_ path: String) async throws {
        let fixture = try await Self.fixture()
        try fixture.shell("rm sub/hard")
        for (tool, arguments) in [
            ("grep", ["pattern": "secret|root:", "path": .string(path)]),
            ("list", ["path": .string(path), "depth": 3]),
            ("grep", ["pattern": "passwd|outside/|config", "path": .string(path), "mode": "names"]),
        ] as [(String, JSON)] {
            let text = try await fixture.call(tool, arguments).text
            #expect(!text.contains("secret\n") && !text.contains("root:x") && !text.contains("config"), "\(text)")
        }
    }

    @Test("Names that are not UTF-8 are quoted, and can be used so")
    func bytes() async throws {
        let fixture = try await ToolFixture()
        try fixture.shell(
            "printf 'a\\n' > \"$(printf 'caf\\351')\"; printf 'b\\n' > \"$(printf 'x\\ny')\"; printf 'c\\n' > 'q\"u\\o'; printf 'd\\n' > \"$(printf 'r\\342\\200\\256l')\""
        )
        let list = try await fixture.call("list", [:]).text
        for name in [#""caf\351""#, #""x\ny""#, #""q\"u\\o""#, #""r\342\200\256l""#] {
            #expect(list.contains("\n\(name)\t2 bytes\n"), "\(list)")
            try await expectEqual(fixture.call("read", ["path": .string(name)]).outcome, .done)
            try await expectEqual(fixture.call("write", ["path": .string(name), "text": "new\n"]).outcome, .done)
        }
        try expectEqual(fixture.shell("cat \"$(printf 'caf\\351')\" \"$(printf 'x\\ny')\" 'q\"u\\o'"), "new\nnew\nnew")
        let patch =
            "diff --git \"a/caf\\351\" \"b/caf\\351\"\n--- \"a/caf\\351\"\n+++ \"b/caf\\351\"\n@@ -1 +1 @@\n-new\n+newer\n"
        try await expectEqual(fixture.call("patch", ["text": .string(patch)]).outcome, .done)
        try expectEqual(fixture.shell("cat \"$(printf 'caf\\351')\"; find . -mindepth 1 -printf x"), "newer\nxxxx")
    }

    @Test("A link that is swapped in between the question and the answer is not followed")
    func swapped() async throws {
        for swap in [
            "rm a/f; ln -s ../../../../outside/f a/f", "mv a b; ln -s ../../../outside a",
            "rm -r a; ln -s ../../../outside a",
            "rm a/f; mkfifo a/f", "rm a/f; mkdir a/f", "rm a/f; ln ../../../outside/f a/f; chown 1 a/f",
        ] {
            let fixture = try await ToolFixture(["a/f": "same\n"])
            try fixture.shell("mkdir ../../../outside; printf 'same\\n' > ../../../outside/f")
            for call in [
                ("edit", ["path": "a/f", "old": "same", "new": "owned"]),
                ("patch", ["text": "*** Begin Patch\n*** Delete File: a/f\n*** End Patch"]),
            ] as [(String, JSON)] {
                let intent = try await fixture.intent(call.0, call.1)
                try fixture.shell("cp -a . ../copy; \(swap)")
                let result = try await fixture.perform(intent)
                expectEqual(result.outcome, .failed, "\(swap): \(result.text)")
                try expectEqual(fixture.shell("cat ../../../outside/f"), "same", "\(swap)")
                try fixture.shell("find . -mindepth 1 -delete; cp -a ../copy/. .; rm -r ../copy")
            }
        }
    }
}
