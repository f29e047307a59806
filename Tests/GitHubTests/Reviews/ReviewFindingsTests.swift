import JSON
import TestSupport
import Testing

@testable import GitHub

@Suite("The findings of a review", .timeLimit(.minutes(1)))
struct ReviewFindingsTests {
    private static let patch = """
        @@ -1,3 +1,4 @@ func a
         one
        -two
        +deux
        +new
         three
        @@ -20,2 +21,2 @@
         x
        +y
        """

    private func file(_ path: String = "src/a.c") throws -> ReviewFile {
        let changed = try #require(
            GitHubChangedFile(
                ["filename": .string(path), "status": "modified", "additions": 3, "patch": .string(Self.patch)]))
        return ReviewFile(changed)
    }

    @Test("a patch says which lines of the new file a comment may be on")
    func lines() throws {
        try expectEqual(self.file().lines, [1, 2, 3, 4, 21, 22])
        try expectEqual(self.file().hunks.count, 2)
    }

    @Test("a line's number of more than nine digits begins no part of a patch")
    func longNumber() throws {
        for (number, lines) in [("9223372036854775807", []), ("1000000000", []), ("999999999", [999_999_999])] {
            let patch = "@@ -1 +\(number) @@\n+a\n-b"
            let changed = try #require(
                GitHubChangedFile(["filename": "a", "status": "modified", "additions": 1, "patch": .string(patch)]))
            expectEqual(ReviewFile(changed).lines, Set(lines))
        }
    }

    @Test("a line outside of the diff makes a finding one about its file")
    func outside() throws {
        let findings = ReviewFindings.checked(
            [
                ReviewFinding(path: "src/a.c", line: 10, severity: .low, text: "far away"),
                ReviewFinding(path: "src/a.c", line: 3, severity: .high, text: "here"),
                ReviewFinding(path: "etc/passwd", line: 1, severity: .high, text: "no such file"),
            ], against: [try self.file()])
        expectEqual(findings.map(\.line), [3, nil])
        expectEqual(findings.map(\.text), ["here", "far away"])
    }

    @Test("the same twice is kept once, the most severe first")
    func duplicates() throws {
        let findings = ReviewFindings.checked(
            [
                ReviewFinding(path: "src/a.c", line: 1, severity: .low, text: "Leak."),
                ReviewFinding(path: "src/a.c", line: 1, severity: .low, text: "leak"),
                ReviewFinding(path: "src/a.c", line: 2, severity: .high, text: "Overflow"),
            ], against: [try self.file()])
        expectEqual(findings.map(\.severity), [.high, .low])
    }

    @Test(
        "are read wherever the answer has them",
        arguments: [
            #"{"findings": [{"file": "a", "line": 1, "severity": "HIGH", "text": "x } ] {"}]}"#,
            "Here they are [as asked]:\n```json\n{\"findings\": [{\"path\": \"a\", \"line\": 1, \"severity\": \"high\", \"text\": \"x } ] {\"}]}\n```",
            #"[{"file": "./a", "line": 1, "severity": "high", "message": "x } ] {"}]"#,
        ])
    func answers(text: String) throws {
        let findings = try #require(ReviewAnswer.findings(in: text))
        expectEqual(findings, [ReviewFinding(path: "a", line: 1, severity: .high, text: "x } ] {")])
    }

    @Test("an empty list is an answer; text without JSON is not")
    func noAnswer() {
        expectEqual(ReviewAnswer.findings(in: #"{"findings": []}"#), [])
        expectEqual(ReviewAnswer.findings(in: "I found nothing."), nil)
        expectEqual(ReviewAnswer.findings(in: #"{"findings": [{"file""#), nil)
    }

    @Test("a reference is an id and nothing else")
    func reference() throws {
        let json: JSON = ["file": "a", "text": "x", "reference": "T004"]
        try expectEqual(#require(ReviewFinding(json)).reference, "T004")
        let other: JSON = ["file": "a", "text": "x", "reference": "see @octocat"]
        try expectEqual(#require(ReviewFinding(other)).reference, nil)
    }

    @Test("are a list with places and links, in which nothing marks up or addresses anybody")
    func list() throws {
        let finding = ReviewFinding(
            path: "src/a_b.c", line: 3, severity: .high, text: "**bold** @all <!-- x -->", reference: "T004",
            suggestion: "Check it")
        let list = ReviewText.list([finding]) { path, line in "https://h/\(path)#L\(line ?? 0)" }
        expectEqual(
            list,
            "- [src/a\\_b.c:3](https://h/src/a_b.c#L3) **high** (T004) \\*\\*bold\\*\\* @\u{200B}all "
                + "Instead: Check it")
    }

    @Test("a review's text has those without a line, and a mark that finds it again")
    func body() {
        let findings = [
            ReviewFinding(path: "a", line: 3, severity: .high, text: "on a line"),
            ReviewFinding(path: "b", line: nil, severity: .low, text: "on a file"),
        ]
        let body = ReviewText.body(findings, id: "op_1")
        #expect(body.hasPrefix("<!-- jetbridge:review:op_1 -->"))
        #expect(body.contains("2 findings: 1 high, 1 low."))
        #expect(body.contains("on a file") && !body.contains("on a line"))
        #expect(ReviewText.body(findings, id: "op_1", withLines: true).contains("`a:3`"))
        expectEqual(ReviewText.comments(findings).map(\.line), [3])
    }

    @Test("survive until the question is answered")
    func payload() {
        let payload = ReviewPayload(
            repository: "app", number: 12, commit: "abc", id: "op_1",
            findings: [ReviewFinding(path: "a", line: 3, severity: .high, text: "x", reference: "T1", suggestion: "y")],
            canRequestChanges: true)
        expectEqual(ReviewPayload(payload.text), payload)
        expectEqual(ReviewPayload("{}"), nil)
    }

    @Test("a large change is asked about in bounded parts, and what no part has is named")
    func batches() throws {
        let text = String(repeating: "x", count: 90)
        let files = (0..<40).map { number in
            ReviewFile(
                path: "f\(number)", status: "modified",
                hunks: [(1...100).map { ReviewFile.Line(.added, number: $0, text) }])
        }
        let prompt = ReviewPrompt(budget: 30_000) { "<\($1)>\($0)</>" }
        let batches = prompt.batches(
            of: files, documents: [("spec.md", String(repeating: "s", count: 50_000))], about: "everything")
        expectEqual(batches.requests.count, ReviewPrompt.batchLimit)
        #expect(batches.requests.allSatisfy { $0.text.utf8.count <= 31_000 })
        expectEqual(batches.requests.flatMap(\.files).count + batches.omitted.count, 40)
    }
}
