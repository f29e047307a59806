import Git
import TestSupport
import Testing

@testable import Agent

@Suite("Patches", .timeLimit(.minutes(1)))
struct PatchPlanTests {
    private static func apply(_ patch: String, to files: [String: String]) throws -> [String: String?] {
        let plan = try PatchPlan(patch)
        let changed = try plan.apply(to: files.mapValues { WorkspaceFile(bytes: Array($0.utf8), isExecutable: false) })
        return Dictionary(
            uniqueKeysWithValues: changed.map { ($0.path, $0.file.map { String(decoding: $0.bytes, as: UTF8.self) }) })
    }

    private static func failure(_ patch: String, _ files: [String: String]) -> String {
        do {
            let changed = try Self.apply(patch, to: files)
            return "no failure: \(changed)"
        } catch { return "\(error)" }
    }

    struct Sample: Sendable, CustomStringConvertible {
        let description: String
        let patch: String
        let files: [String: String]
        let result: [String: String?]
    }

    private static let five = "one\ntwo\nthree\nfour\nfive\n"
    private static let fiveChanged = "one\ntwo\nTHREE\nfour\nfive\n"

    @Test(
        "All forms",
        arguments: [
            Sample(
                description: "a unified diff",
                patch: "--- a/f\n+++ b/f\n@@ -2,3 +2,3 @@\n two\n-three\n+THREE\n four\n", files: ["f": Self.five],
                result: ["f": Self.fiveChanged]),
            Sample(
                description: "wrong line numbers and counts",
                patch: "--- a/f\n+++ b/f\n@@ -77,9 +70,1 @@\n two\n-three\n+THREE\n four\n", files: ["f": Self.five],
                result: ["f": Self.fiveChanged]),
            Sample(
                description: "no line numbers, no prefixes, in a fence",
                patch: "```diff\n--- f\n+++ f\n@@ @@\n two\n-three\n+THREE\n```", files: ["f": Self.five],
                result: ["f": Self.fiveChanged]),
            Sample(
                description: "an empty context line without its blank",
                patch: "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n a\n\n-b\n+c\n d\n", files: ["f": "a\n\nb\nd\n"],
                result: ["f": "a\n\nc\nd\n"]),
            Sample(
                description: "two hunks and a removed line that looks like a header",
                patch: "--- a/f\n+++ b/f\n@@ -1,3 +1,2 @@\n a\n--- x\n b\n@@ -9 +8 @@\n-z\n+Z\n",
                files: ["f": "a\n-- x\nb\nz\n"], result: ["f": "a\nb\nZ\n"]),
            Sample(
                description: "CRLF is kept", patch: "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n a\n-b\n+x\n+y\n",
                files: ["f": "a\r\nb\r\n"], result: ["f": "a\r\nx\r\ny\r\n"]),
            Sample(
                description: "a missing final line break is kept",
                patch: "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+x\n",
                files: ["f": "a\nb"], result: ["f": "a\nx"]),
            Sample(
                description: "an added final line break",
                patch: "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
                files: ["f": "a\nb"], result: ["f": "a\nb\n"]),
            Sample(
                description: "add, delete, rename with change",
                patch: """
                    diff --git a/old b/old
                    deleted file mode 100644
                    --- a/old
                    +++ /dev/null
                    @@ -1,2 +0,0 @@
                    -x
                    -y
                    diff --git a/new b/new
                    new file mode 100755
                    --- /dev/null
                    +++ b/new
                    @@ -0,0 +1,2 @@
                    +n
                    +m
                    diff --git a/from b/to
                    similarity index 80%
                    rename from from
                    rename to to
                    --- a/from
                    +++ b/to
                    @@ -1,2 +1,2 @@
                     a
                    -b
                    +c
                    """,
                files: ["old": "x\ny\n", "from": "a\nb\n"],
                result: ["old": nil, "new": "n\nm\n", "from": nil, "to": "a\nc\n"]),
            Sample(
                description: "a rename without change",
                patch: "diff --git a/from b/to\nsimilarity index 100%\nrename from from\nrename to to\n",
                files: ["from": "a\n"], result: ["from": nil, "to": "a\n"]),
            Sample(
                description: "the envelope",
                patch: """
                    *** Begin Patch
                    *** Update File: f
                    @@ two
                    -three
                    +THREE
                    *** Add File: g/h
                    +new
                    *** Delete File: d
                    *** Update File: m
                    *** Move to: n
                    @@
                     a
                    -b
                    +c
                    *** End Patch
                    """,
                files: ["f": Self.five, "d": "x", "m": "a\nb\n"],
                result: ["f": Self.fiveChanged, "g/h": "new\n", "d": nil, "m": nil, "n": "a\nc\n"]),
            Sample(
                description: "an anchor chooses between two places",
                patch: "*** Begin Patch\n*** Update File: f\n@@ func b()\n-  return 1\n+  return 2\n*** End Patch\n",
                files: ["f": "func a()\n  return 1\nfunc b()\n  return 1\n"],
                result: ["f": "func a()\n  return 1\nfunc b()\n  return 2\n"]),
            Sample(
                description: "the end of the file chooses",
                patch: "*** Begin Patch\n*** Update File: f\n@@\n-x\n+y\n*** End of File\n*** End Patch\n",
                files: ["f": "x\na\nx\n"], result: ["f": "x\na\ny\n"]),
            Sample(
                description: "SEARCH/REPLACE",
                patch: """
                    f
                    ```swift
                    <<<<<<< SEARCH
                    three
                    =======
                    THREE
                    >>>>>>> REPLACE
                    ```
                    **`g`**
                    <<<<<<< SEARCH
                    =======
                    new
                    >>>>>>> REPLACE
                    f
                    <<<<<<< SEARCH
                    five
                    =======
                    >>>>>>> REPLACE
                    """,
                files: ["f": Self.five], result: ["f": "one\ntwo\nTHREE\nfour\n", "g": "new\n"]),
            Sample(
                description: "indented otherwise",
                patch: "--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@\n if a {\n+    c()\n     b()\n",
                files: ["f": "{\n\tif a {\n\t\tb()\n\t}\n}\n"], result: ["f": "{\n\tif a {\n\t\tc()\n\t\tb()\n\t}\n}\n"]
            ),
        ])
    func forms(_ sample: Sample) throws {
        try expectEqual(Self.apply(sample.patch, to: sample.files), sample.result)
    }

    @Test("All or nothing: what did not apply is named, with the nearest place")
    func allOrNothing() {
        let patch = """
            --- a/one
            +++ b/one
            @@ -1 +1 @@
            -a
            +b
            --- a/two
            +++ b/two
            @@ -1,2 +1,2 @@
             let value = 1
            -let other = 2
            +let other = 3
            --- a/three
            +++ b/three
            @@ -1 +1 @@
            -a
            +b
            """
        let text = Self.failure(patch, ["one": "a\n", "two": "let value = 1\nlet third = 2\n", "three": "a\n"])
        #expect(
            text.hasPrefix("Nothing was changed, because the patch does not apply:\n\ntwo: The old lines are not in"))
        #expect(text.contains("2\tlet third = 2"))
        #expect(!text.contains("one:") && !text.contains("three:"))
    }

    @Test(
        "Refusals",
        arguments: [
            ("hello", [:], "not a patch"),
            ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", [:], "f: There is no such file."),
            ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", ["f": "x\na\ny\na\n"], "there 2 times, at lines 2, 4"),
            ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-alpha\n+beta\n", ["f": "x\nbeta\n"], "already there, line 2"),
            ("--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+b\n", ["f": "x\n"], "exists already"),
            ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", ["f": "a\n\u{0}"], "binary"),
            ("diff --git a/f b/f\nindex 1..2 100644\nBinary files a/f and b/f differ\n", ["f": "a"], "binary"),
            ("diff --git a/f b/g\nrename from f\nrename to g\n", ["f": "a", "g": "b"], "g: that file exists"),
            ("*** Begin Patch\n*** Delete File: f\n*** End Patch", [:], "no such file to delete"),
            ("--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", ["f": "a\nb\n"], "not all of its lines"),
            ("*** Begin Patch\n*** Update File: f\n@@\n a\n*b\n*** End Patch", ["f": "a"], "none of blank, + and -"),
            ("--- a/f\n+++ b/f\n@@ -1 +1 @@\n a\n", ["f": "a"], "changes nothing"),
            ("f\n<<<<<<< SEARCH\na\n", ["f": "a"], "lacks its ======="),
            ("<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n", ["f": "a"], "path is missing"),
            ("f\n<<<<<<< SEARCH\nq\n=======\nb\n>>>>>>> REPLACE\n", ["f": "a"], "f: The old text is not in the file."),
            (
                "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc\n", [:],
                "symbolic link"
            ),
        ] as [(String, [String: String], String)])
    func refusals(_ patch: String, _ files: [String: String], _ text: String) {
        #expect(Self.failure(patch, files).contains(text), "\(Self.failure(patch, files))")
    }

    private static func text(_ generator: inout SeededGenerator, like old: [String]? = nil) -> [String] {
        let words = ["a", "b", "c", "", "    x = 1", "\ty", "ä“", "d  "]
        func line() -> String { words.randomElement(using: &generator) ?? "" }
        guard var lines = old else { return (0..<Int.random(in: 0...60, using: &generator)).map { _ in line() } }
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let place = Int.random(in: 0...lines.count, using: &generator)
            if place < lines.count, Bool.random(using: &generator) {
                lines.remove(at: place)
            } else {
                lines.insert(line(), at: place)
            }
        }
        return lines
    }

    private static func bytes(_ lines: [String], _ generator: inout SeededGenerator) -> String {
        let end = Int.random(in: 0..<4, using: &generator) == 0 ? "\r\n" : "\n"
        let isFinished = Bool.random(using: &generator)
        return lines.joined(separator: end) + (isFinished && !lines.isEmpty ? end : "")
    }

    @Test("A diff by Git between two files gives the second", arguments: 0..<4)
    func git(_ block: Int) throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        for seed in (block * 15)..<(block * 15 + 15) {
            var generator = SeededGenerator(state: UInt64(seed))
            let first = Self.text(&generator)
            let old = Self.bytes(first, &generator)
            let new = Self.bytes(Self.text(&generator, like: Bool.random(using: &generator) ? first : nil), &generator)
            try TestFile.write(old, to: "\(directory.path)/old")
            try TestFile.write(new, to: "\(directory.path)/new")
            let context = Int.random(in: 0...4, using: &generator)
            let diff = try git.shell("git diff --no-index --no-ext-diff -U\(context) old new || true")
            guard old != new else { continue }
            let patch = diff.replacing("b/new", with: "b/old")
            let plan = try PatchPlan(patch)
            let result = try plan.apply(to: ["old": WorkspaceFile(bytes: Array(old.utf8), isExecutable: false)])
            expectEqual(result.first?.file?.bytes, Array(new.utf8), "seed \(seed)\n\(patch)")
        }
    }

    @Test("Our own diff is one that Git and we apply", arguments: 0..<4)
    func ownDiff(_ block: Int) throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        for seed in (block * 10)..<(block * 10 + 10) {
            var generator = SeededGenerator(state: UInt64(seed))
            let first = Self.text(&generator)
            let old = first.joined(separator: "\n") + (Bool.random(using: &generator) && !first.isEmpty ? "\n" : "")
            let second = Self.text(&generator, like: Bool.random(using: &generator) ? first : nil)
            let new = second.joined(separator: "\n") + (Bool.random(using: &generator) && !second.isEmpty ? "\n" : "")
            guard old != new, !old.isEmpty, !new.isEmpty else { continue }
            let diff = try UnifiedDiff(path: "file", old: Array(old.utf8), new: Array(new.utf8))
            let file = WorkspaceFile(bytes: Array(old.utf8), isExecutable: false)
            let result = try PatchPlan(diff.text).apply(to: ["file": file])
            expectEqual(result.first?.file?.bytes, Array(new.utf8), "seed \(seed)")
            try TestFile.write(old, to: "\(directory.path)/file")
            try TestFile.write(diff.text, to: "\(directory.path)/patch")
            try git("apply --unidiff-zero patch")
            try expectEqual(FileBytes.read("\(directory.path)/file"), Array(new.utf8), "seed \(seed)")
        }
    }

    @Test("A diff of very different files is still right, and short ones are the shortest")
    func difference() throws {
        let old = (0..<3_000).map { "old \($0)\n" }.joined()
        let new = (0..<3_000).map { "new \($0)\n" }.joined()
        let diff = try UnifiedDiff(path: "f", old: Array(old.utf8), new: Array(new.utf8))
        #expect((diff.added, diff.removed) == (3_000, 3_000))
        let small = try UnifiedDiff(path: "f", old: Array("a\nb\nc\n".utf8), new: Array("a\nc\nd\n".utf8))
        expectEqual(small.text, "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n c\n+d\n")
        let made = try UnifiedDiff(path: "f", old: nil, new: Array("a".utf8))
        expectEqual(made.text, "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n\\ No newline at end of file\n")
        #expect(try UnifiedDiff(path: "f", old: [0], new: nil).text.contains("Binary file: 1 bytes before, 0 after"))
    }

    @Test("line breaks, missing ones and long lines are shown as they are")
    func lineEnds() throws {
        func diff(_ old: String, _ new: String) throws -> String {
            let text = try UnifiedDiff(path: "f", old: Array(old.utf8), new: Array(new.utf8)).text
            return String(text.dropFirst("--- a/f\n+++ b/f\n".count))
        }
        let unfinished = "\\ No newline at end of file\n"
        try expectEqual(diff("a\n", "a"), "@@ -1 +1 @@\n-a\n+a\n\(unfinished)")
        try expectEqual(diff("a", "a\n"), "@@ -1 +1 @@\n-a\n\(unfinished)+a\n")
        try expectEqual(diff("a\nb", "c\nb"), "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\(unfinished)")
        try expectEqual(diff("a\r\nb\r\n", "a\nb\r\n"), "@@ -1,2 +1,2 @@\n-a␍\n+a\n b␍\n")
        try expectEqual(diff("", "a\n"), "@@ -0,0 +1 @@\n+a\n")
        try expectEqual(diff("a\nb\n", ""), "@@ -1,2 +0,0 @@\n-a\n-b\n")
        try expectEqual(diff("", ""), "")
        let long = String(repeating: "x", count: 1 << 20)
        try expectEqual(diff("a\n", "\(long)\n"), "@@ -1 +1 @@\n-a\n+\(long)\n")
        // A hunk has three unchanged lines around a change, and close ones are one hunk.
        let lines = (1...20).map { "\($0)\n" }
        var changed = lines
        (changed[0], changed[6], changed[19]) = ("A\n", "B\n", "C\n")
        let headers = try diff(lines.joined(), changed.joined()).split(separator: "\n").filter { $0.hasPrefix("@@") }
        expectEqual(headers, ["@@ -1,10 +1,10 @@", "@@ -17,4 +17,4 @@"])
        // Binary only where Git says so: within the first 8,000 bytes.
        let late = String(repeating: "x\n", count: 5_000)
        #expect(try diff(late, "\(late)\0\n").hasSuffix("+␀\n"))
    }

    @Test("what is inserted above a changed line stays above it")
    func insertedAbove() throws {
        let patch = "--- a/f\n+++ b/f\n@@ -3 +3 @@\n-three\n+THREE\n@@ -2,0 +3 @@\n+between\n"
        try expectEqual(Self.apply(patch, to: ["f": Self.five]), ["f": "one\ntwo\nbetween\nTHREE\nfour\nfive\n"])
    }

    @Test(
        "hunks that change the same lines are refused",
        arguments: [
            "*** Begin Patch\n*** Update File: f\n@@ one\n+a\n@@\n one\n-two\n+b\n*** End Patch",
            "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n one\n-two\n+b\n three\n four\n@@ -2,0 +3 @@\n+inside\n",
            "--- a/f\n+++ b/f\n@@ -2 +2 @@\n-two\n+b\n@@ -2 +2 @@\n-two\n+c\n",
        ])
    func overlapping(_ patch: String) {
        let failure = Self.failure(patch, ["f": Self.five])
        #expect(failure.contains("hunk 2 of 2: An earlier hunk of the patch changes the same lines."), "\(failure)")
    }

    @Test(
        "line numbers that no file has are no hints",
        arguments: [
            "-9223372036854775807,0 +1", "-1,-9223372036854775808 +1", "--9223372036854775808,1 +1,1",
            "-99999999999 +1",
        ])
    func absurdNumbers(_ range: String) throws {
        let patch = "--- a/f\n+++ b/f\n@@ \(range) @@\n two\n-three\n+THREE\n four\n"
        try expectEqual(Self.apply(patch, to: ["f": Self.five]), ["f": Self.fiveChanged])
    }

    /// A diff with hunks that each replace one of these lines.
    private static func diff(of path: String, _ lines: Range<Int>) -> String {
        "--- a/\(path)\n+++ b/\(path)\n" + lines.map { "@@ -\($0 + 1) +\($0 + 1) @@\n-\($0)\n+new \($0)\n" }.joined()
    }

    @Test("a patch has 500 hunks, also in the form of blocks and of several files")
    func hunks() throws {
        let text = (0..<600).map { "\($0)\n" }.joined()
        let changed = try Self.apply(Self.diff(of: "f", 0..<500), to: ["f": text])
        expectEqual(changed["f"], (0..<600).map { $0 < 500 ? "new \($0)\n" : "\($0)\n" }.joined())
        let tooMany = "The patch has more than 500 hunks: send several patches."
        let blocks = (0..<501).map { "<<<<<<< SEARCH\n\($0)\n=======\nnew\n>>>>>>> REPLACE\n" }.joined()
        for patch in [
            Self.diff(of: "f", 0..<501), Self.diff(of: "f", 0..<300) + Self.diff(of: "g", 0..<300), "f\n" + blocks,
        ] {
            expectEqual(Self.failure(patch, ["f": text, "g": text]), tooMany)
        }
    }

    @Test("the longer a file is, the fewer hunks are looked for in it")
    func linesOfHunks() {
        let text = String(repeating: "\n", count: 200_000)
        let failure = Self.failure(Self.diff(of: "f", 0..<300), ["f": text])
        #expect(failure.contains("300 hunks are too many for a file of 200000 lines and 200000 bytes"))
    }

    @Test("a patch stops with whoever asked for it", arguments: [true, false])
    func cancelled(isDiff: Bool) async {
        let patch = isDiff ? Self.diff(of: "f", 1..<2) : "f\n<<<<<<< SEARCH\n1\n=======\nnew\n>>>>>>> REPLACE\n"
        let task = Task {
            // Until it is cancelled.
            while !Task.isCancelled { await Task.yield() }
            return Self.failure(patch, ["f": "0\n1\n"])
        }
        task.cancel()
        let failure = await task.value
        #expect(failure.contains("The change was stopped."), "\(failure)")
    }
}
