import Primitives
import Testing

@testable import Gateway

@Suite("The page of uncommitted changes")
struct WorkingDiffTests {
    private func page(_ diff: String) -> String {
        ViewerPages().workingDiff(FileDiffs(diff), of: "t_1", title: FakeViewer.hostile).text
    }

    @Test("every kind of change is shown, as the page of a commit shows it")
    func kinds() {
        let page = self.page(
            """
            diff --git a/a.txt b/a.txt
            --- a/a.txt
            +++ b/a.txt
            @@ -10,2 +10,2 @@ func
             kept
            -old
            +new
            \\ No newline at end of file
            diff --git a/old b/new
            rename from old
            rename to new
            diff --git a/run.sh b/run.sh
            old mode 100644
            new mode 100755
            diff --git a/logo.png b/logo.png
            new file mode 100644
            Binary files /dev/null and b/logo.png differ
            diff --git a/empty b/empty
            new file mode 100644

            """)
        #expect(page.contains("5 files changed, <span class=\"added\">+1</span> <span class=\"removed\">−1</span>"))
        #expect(page.contains("<a href=\"#file-2\">old → new</a>") && page.contains("id=\"file-2\""))
        #expect(page.contains("mode 100644 → 100755") && page.contains("Only the file mode changed."))
        #expect(page.contains("Binary or very large file") && page.contains("The file is empty."))
        #expect(
            page.contains(
                """
                <tr><td class="line" data-n="10"></td><td class="line" data-n="10"></td><td class="sign"> </td><td>kept</td></tr>\
                <tr class="del"><td class="line" data-n="11"></td><td class="line"></td><td class="sign">−</td><td>old</td></tr>\
                <tr class="add"><td class="line"></td><td class="line" data-n="11"></td><td class="sign">+</td><td>new</td></tr>\
                <tr class="faint"><td class="line"></td><td class="line"></td><td class="sign"></td>\
                <td>No newline at end of file</td></tr>
                """))
        #expect(!page.contains("View the file") && page.contains("href=\"/#/t/t_1\""))
    }

    @Test("hostile names, bytes and titles are shown only as text")
    func hostile() {
        let page = self.page(
            "diff --git a/x b/x\n--- a/x\n+++ \"b/<script>\\\"\\033\\n\u{202E}\"\n@@ -1 +1 @@ <b>\u{202E}\n"
                + "-<script>alert(1)</script>\n+\u{1B}[31m\u{202E}\u{0}\" onload='x'\n")
        #expect(!page.contains("<script>") && !page.contains("<b>\u{27E8}") && !page.contains("onload='"))
        #expect(!page.contains("\u{202E}") && !page.contains("\u{1B}") && !page.contains("\u{0}"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && page.contains("␛[31m⟨U+202E⟩␀"))
        #expect(page.contains("&lt;script&gt;&quot;␛␊⟨U+202E⟩"))
    }

    @Test("without changes, and cut ones, the page says so")
    func ends() {
        #expect(self.page("").contains("No files changed."))
        let lines = String(repeating: "+x\n", count: 2000)
        let page = self.page("diff --git a/x b/x\n@@ -0,0 +1,9000 @@\n\(lines)… the diff is longer than 512 KB\n")
        #expect(page.contains("Only the first 1500 lines") && page.contains("longer than what is shown here"))
    }
}
