import TestSupport
import Testing

@testable import Specs

@Suite struct ShortNameTests {
    @Test(
        "a feature is named after two to four words of its description",
        arguments: [
            ("a login page", "login-page"),
            ("I want to add user authentication", "user-authentication"),
            ("Implement OAuth2 integration for the API", "oauth2-integration-api"),
            ("Create a dashboard for analytics", "dashboard-analytics"),
            ("Fix payment processing timeout bug", "fix-payment-processing"),
            ("Users can reset their password by mail", "reset-password-mail"),
            ("export reports as CSV", "export-reports-csv"),
            ("Search", "add-search"),
            ("Search. The page lists what was found.", "search-page-lists-found"),
            ("Ein Menü für Größen wählen", "ein-menu-fur"),
            ("ログインページ", "new-feature"),
            ("Сделай страницу", "new-feature"),
            ("!!! 123", "new-feature"),
            ("see https://www.example.org/login for the form", "see-example-org"),
            ("../../etc/passwd; rm -rf", "etc-passwd"),
            ("É Ñandú façade", "nandu-facade"),
            (String(repeating: "x", count: 500) + " page", String(repeating: "x", count: 24) + "-page"),
        ])
    func names(description: String, expected: String) {
        let name = ShortName.of(description)
        expectEqual(name, expected)
        #expect(name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) })
        #expect(2...4 ~= name.split(separator: "-").count)
    }
}

@Suite struct SpecificationDraftTests {
    private static let head = SpecificationHead(title: "Fallback", branch: "001-a", created: "2026-11-20", input: "in")

    /// The document below the head, and the title.
    private static func body(_ text: String, pieces: Int = 3) -> (
        title: String, body: String, draft: SpecificationDraft
    ) {
        var draft = SpecificationDraft(head: self.head)
        var output = ""
        var rest = Substring(text)
        while !rest.isEmpty {
            output += draft.append(String(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        output += draft.finish()
        expectEqual(output, draft.document)
        let title = String(output.prefix { $0 != "\n" }.dropFirst("# Feature Specification: ".count))
        let body = output.split(separator: "\"in\"\n\n", maxSplits: 1).last.map(String.init) ?? ""
        return (title, body, draft)
    }

    @Test(
        "Jetbridge writes the head, the model the rest",
        arguments: [
            ("# Feature Specification: Login\n\n## X\ny", "Login", "## X\ny\n"),
            ("# Login\n## X\n", "Login", "## X\n"),
            ("# Feature Specification: [FEATURE NAME]\n## X\n", "Fallback", "## X\n"),
            ("Sure! Here it is:\n\n# A\n\n## X\n", "A", "## X\n"),
            ("```markdown\n# A\n## X\n```sh\nls\n```\nz\n```\nHope this helps!", "A", "## X\n```sh\nls\n```\nz\n"),
            ("## Requirements\nx", "Fallback", "## Requirements *(mandatory)*\nx\n"),
            (
                "# A\n\n**Feature Branch**: `x`  \n**Input**: \"a\nb\n\nc\"\n\n## user scenarios and testing (mandatory)\n",
                "A", "c\"\n\n## User Scenarios & Testing *(mandatory)*\n"
            ),
            ("# A\r\n\r\n## X\r\ny\u{0}\u{7}\tz\r\n", "A", "## X\ny    z\n"),
            ("# A\n\nAn overview.\n\n## X\n", "A", "An overview.\n\n## X\n"),
            ("# A\n## X\n```\n## Requirements\n```\n", "A", "## X\n```\n## Requirements\n```\n"),
        ])
    func normalise(text: String, title: String, body: String) {
        for pieces in [1, 3, 1_000] {
            let result = Self.body(text, pieces: pieces)
            expectEqual(result.title, title)
            expectEqual(result.body, body)
        }
    }

    @Test("three questions remain, further ones become assumptions")
    func markers() {
        let lines = (1...5).map { "- [NEEDS CLARIFICATION: q\($0)?] and" }.joined(separator: "\n")
        let result = Self.body("# A\n## X\n\(lines) [NEEDS CLARIFICATION: open")
        expectEqual(result.body.split(separator: "[NEEDS CLARIFICATION").count, 4)
        #expect(result.body.contains("- [NEEDS CLARIFICATION: q3?] and"))
        #expect(result.body.contains("- (assumption to confirm: q4?) and"))
        #expect(result.body.hasSuffix("(assumption to confirm: q5?) and (assumption to confirm: open)\n"))
    }

    @Test("the text of an answer without a document becomes the preface")
    func preface() {
        let result = Self.body("I can't do that.\nSorry.")
        #expect(!result.draft.hasBegun)
        expectEqual(result.draft.preface, "I can't do that.\nSorry.\n")
    }

    @Test("the head has the description on one line, without control characters, cut between characters")
    func input() {
        let text = "a\n  b\u{0}\u{202E}c \"q\""
        let head = SpecificationHead(title: "T", branch: "b", created: "c", input: text)
        #expect(head.text.hasSuffix("User description: \"a b c \"q\"\"\n\n"))
        let long = SpecificationHead(title: "T", branch: "b", created: "c", input: String(repeating: "ö", count: 3_000))
        #expect(long.isInputCut)
        #expect(long.text.contains("ö… (the full text is in input.md)\""))
        #expect(long.text.utf8.count < 4_300)
    }
}

@Suite struct SpecificationTests {
    @Test("missing mandatory sections are added in their places, and the order is corrected")
    func repair() {
        let document = """
            # Feature Specification: A

            intro

            ## Success Criteria *(mandatory)*

            - **SC-001**: 9 of 10.

            ## Own Section

            mine

            ## User Scenarios & Testing *(mandatory)*

            story
            """
        let repaired = Specification(repairing: document)
        let headings = repaired.text.split(separator: "\n").filter { $0.hasPrefix("## ") }
        expectEqual(
            headings,
            [
                "## User Scenarios & Testing *(mandatory)*", "## Requirements *(mandatory)*",
                "## Success Criteria *(mandatory)*", "## Own Section",
            ])
        expectEqual(repaired.repairs.count, 2)
        expectEqual(repaired.title, "A")
        #expect(repaired.text.contains("- **FR-001**: System MUST"))
        #expect(repaired.text.contains("[NEEDS CLARIFICATION: the draft omitted this section"))
        expectEqual(Specification(repairing: repaired.text), Specification(repairing: repaired.text))
        #expect(Specification(repairing: repaired.text).repairs.isEmpty)
        expectEqual(Specification(repairing: repaired.text).text, repaired.text)
    }

    @Test("a repair adds no fourth question")
    func markers() {
        let questions = (1...3).map { "[NEEDS CLARIFICATION: \($0)]" }.joined(separator: "\n")
        let repaired = Specification(repairing: "# Feature Specification: A\n\n\(questions)\n")
        expectEqual(repaired.text.split(separator: "[NEEDS CLARIFICATION").count, 4)
    }

    @Test("the new number replaces the old one")
    func rename() {
        var specification = Specification(repairing: "# T: A\n\n**Feature Branch**: `001-a`\n\nsee specs/001-a/x")
        specification.rename("001-a", to: "002-a")
        #expect(specification.text.contains("`002-a`"))
        #expect(specification.text.contains("specs/002-a/x"))
        #expect(!specification.text.contains("001-a"))
    }

    @Test("the checklist ticks what code can check, and lists the failures")
    func checklist() {
        let good = RequirementsChecklist(
            for: Specification(repairing: SaidModel.specification), created: "2026-11-20")
        #expect(good.failures.isEmpty)
        #expect(good.text.contains("- [x] Success criteria are measurable"))
        #expect(good.text.contains("- [ ] Focused on what people need and why"))
        let bad = RequirementsChecklist(
            for: Specification(repairing: "# Feature Specification: A\n"), created: "2026-11-20")
        #expect(bad.failures.map(\.text).contains("No [NEEDS CLARIFICATION] markers remain"))
        #expect(bad.failures.map(\.text).contains("All mandatory sections are filled"))
        #expect(bad.text.contains("or failed:\n  - "))
    }
}
