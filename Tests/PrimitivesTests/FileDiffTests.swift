import Primitives
import TestSupport
import Testing

@Suite("Unified diffs")
struct FileDiffTests {
    static let all = """
        diff --git a/a.txt b/a.txt
        index 1111111..2222222 100644
        --- a/a.txt
        +++ b/a.txt
        @@ -1,2 +1,2 @@ head
         kept
        --- a comment
        +++ new
        @@ -9 +9,2 @@
        -x
        \\ No newline at end of file
        +x
        +y
        diff --git a/old name b/new name
        similarity index 100%
        rename from old name
        rename to new name
        diff --git a/run.sh b/run.sh
        old mode 100644
        new mode 100755
        diff --git a/logo b c.png b/logo b c.png
        new file mode 100644
        index 0000000..3333333
        Binary files /dev/null and b/logo b c.png differ
        diff --git "a/caf\\303\\251" "b/caf\\303\\251"
        deleted file mode 100644
        --- "a/caf\\303\\251"
        +++ /dev/null
        @@ -1 +0,0 @@
        -gone

        """

    @Test("names, kinds, modes and counts of every kind of change")
    func everything() {
        let diffs = FileDiffs(Self.all)
        #expect(!diffs.isCut)
        expectEqual(diffs.files.map(\.path), ["a.txt", "new name", "run.sh", "logo b c.png", "café"])
        expectEqual(diffs.files.map(\.kind), [.modified, .renamed, .modified, .added, .removed])
        expectEqual(diffs.files.map(\.additions), [3, 0, 0, 0, 0])
        expectEqual(diffs.files.map(\.deletions), [2, 0, 0, 0, 1])
        expectEqual(diffs.files.map(\.isBinary), [false, false, false, true, false])
        expectEqual(diffs.files[1].oldPath, "old name")
        #expect(diffs.files[2].oldMode == "100644" && diffs.files[2].newMode == "100755")
        expectEqual(diffs.files[0].hunks.map(\.lines.count), [3, 4])
        expectEqual(diffs.files[0].hunks[1].newStart, 9)
        #expect(diffs.additions == 3 && diffs.deletions == 3)
    }

    @Test("content never poses as another file's heading")
    func pose() {
        let diffs = FileDiffs(
            """
            diff --git a/x b/x
            --- a/x
            +++ b/x
            @@ -1,3 +1,4 @@
             diff --git a/y b/y
            --- a/y
            -@@ -1 +1 @@
            +++ b/y
            +diff --git a/z b/z
            +… the diff is longer than 1 KB

            """)
        expectEqual(diffs.files.map(\.path), ["x"])
        #expect(diffs.files[0].additions == 3 && diffs.files[0].deletions == 2 && !diffs.isCut)
    }

    @Test(
        "a cut diff says so",
        arguments: [
            "diff --git a/x b/x\n@@ -1,2 +1,2 @@\n a\n… the diff is longer than 512 KB\n",
            "diff --git a/x b/x\n@@ -1,2 +1,2 @@\n a\n",
            "diff --git a/x b/x\n@@ -1 +1 @@\n-a\n+b\n… the diff is longer\n",
        ])
    func cut(text: String) {
        let diffs = FileDiffs(text)
        #expect(diffs.isCut && diffs.files.first?.isCut == true)
    }

    @Test(
        "what is no diff has no files, and nothing is too odd to read",
        arguments: [
            "", "+a\n", "@@ -1 +1 @@\n+x", "diff --git ", "diff --git \"a/\\q\" b/x", "diff --git a", "diff --git \"",
            "diff --git a/x b/x\n@@ -99999999999999999999 +1 @@\n",
            "diff --git a/x b/x\n@@ -9223372036854775807 +9223372036854775807,2 @@\n-a\n",
            "diff --git a/x b/x\n@@ -1,-5 +1,x @@\n\r\n\\\n",
            "\\ No newline at end of file\n",
        ])
    func odd(text: String) {
        #expect(FileDiffs(text).files.count <= 1)
    }

    @Test("a carriage return belongs to its line")
    func carriageReturn() {
        let diffs = FileDiffs("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+b\r\n")
        #expect(diffs.files[0].hunks[0].lines == ["-a\r", "+b\r"] && !diffs.isCut)
    }
}
