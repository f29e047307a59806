import JSON
import Models
import TestSupport
import Testing

@Suite("Rehearsed specifications", .timeLimit(.minutes(1)))
struct RehearsalSpecificationTests {
    private func specify(_ text: String, frame: String = "") async throws -> String {
        let messages = [
            ModelMessage(.system, "Write a specification. \(frame)"),
            ModelMessage(.user, "Write it for this:\n<description>\(text)</description>"),
        ]
        var specification = ""
        for try await event in RehearsalModel(pace: nil).stream(
            ModelRequest(messages: messages, purpose: .specification))
        {
            if case .delta(let piece) = event { specification += piece }
        }
        return specification
    }

    static let descriptions = [
        "a login page",
        "As a manager I want to export reports as CSV so that I can send them to customers.",
        "Members can vote on proposals, comment on them and see the result. Guests may only read. "
            + "The page should list open proposals. A vote ends after 7 days.",
        "Build a bot that reminds people of birthdays, collects wishes and posts them in the channel",
        "x", "???", "日本語の説明", "Ein Kalender für das Team, mit Erinnerungen",
        String(repeating: "Users can upload files and share folders. ", count: 40),
    ]

    @Test("the headings are in the fixed order", arguments: Self.descriptions)
    func headings(description: String) async throws {
        let text = try await self.specify(description)
        let headings = [
            "# Feature Specification: ", "**Status**: Draft", "**Input**: User description: \"",
            "## User Scenarios & Testing *(mandatory)*", "### User Story 1 - ", "(Priority: P1)",
            "**Why this priority**: ",
            "**Independent Test**: ", "**Acceptance Scenarios**:", "1. **Given** ", "### User Story 2 - ",
            "(Priority: P2)", "### User Story 3 - ", "(Priority: P3)", "### Edge Cases",
            "## Requirements *(mandatory)*",
            "### Functional Requirements", "- **FR-001**: System MUST ", "- **FR-002**: System MUST ",
            "## Success Criteria *(mandatory)*", "### Measurable Outcomes", "- **SC-001**: ", "## Assumptions",
        ]
        var rest = Substring(text)
        for heading in headings {
            guard let range = rest.firstRange(of: heading) else {
                Issue.record("“\(heading)” is missing in:\n\(text)")
                return
            }
            rest = rest[range.upperBound...]
        }
        #expect(!text.contains("N/A") && !text.contains("[NEEDS CLARIFICATION") && !text.contains("  \n"))
        #expect(text.utf8.count < 12_000)
        #expect(text.contains("no language model took part"))
    }

    @Test("actors and actions come from the text")
    func actions() async throws {
        let text = try await self.specify(Self.descriptions[2])
        #expect(text.contains("System MUST let members vote on proposals."))
        #expect(text.contains("System MUST let members comment on them."))
        #expect(text.contains("System MUST let members see the result."))
        #expect(text.contains("System MUST let guests read."))
        #expect(text.contains("System MUST list open proposals."))
        #expect(text.contains("A vote ends after 7 days"))
        #expect(text.contains("**Proposal**"))
    }

    @Test("a user story is understood")
    func story() async throws {
        let text = try await self.specify(Self.descriptions[1])
        #expect(text.contains("A manager wants to export reports as CSV"))
        #expect(text.contains("System MUST let managers export reports as CSV."))
        #expect(
            !text.contains("let managers send") && text.hasPrefix("# Feature Specification: Export Reports As CSV\n"))
    }

    @Test("actions of the system become requirements")
    func system() async throws {
        let text = try await self.specify(Self.descriptions[3])
        #expect(text.contains("# Feature Specification: Bot\n"))
        #expect(text.contains("System MUST remind people of birthdays."))
        #expect(text.contains("System MUST collect wishes."))
        #expect(text.contains("System MUST post them in the channel."))
    }

    @Test("a title alone makes a complete specification")
    func title() async throws {
        let text = try await self.specify("a login page")
        #expect(text.hasPrefix("# Feature Specification: Login Page\n"))
        #expect(text.contains("let users use the login page"))
    }

    @Test("the first 16 KB of a description are read")
    func longDescription() async throws {
        let start = String(repeating: "Users can upload files. ", count: 500)
        let text = try await self.specify(start + "Guests can fly kites. " + start + "Guests can paint walls.")
        #expect(text.contains("fly kites") && !text.contains("paint walls"))
    }

    @Test("an open question of a specification has at most 400 characters")
    func questions() async throws {
        let open = "[NEEDS CLARIFICATION: " + String(repeating: "x", count: 401) + "]"
        let text = "Users see \(open).\nThey pay [NEEDS CLARIFICATION: how often?].\n"
        let messages = [
            ModelMessage(.system, "Purpose: clarification questions"),
            ModelMessage(.user, "<specification>\n\(text)\n</specification>"),
        ]
        var questions = ""
        for try await event in RehearsalModel(pace: nil).stream(ModelRequest(messages: messages)) {
            if case .delta(let piece) = event { questions += piece }
        }
        let texts = try JSON.parse(questions).arrayValue?.compactMap { $0["question"]?.stringValue }
        expectEqual(texts?.first, "how often?")
    }

    @Test("date and branch come from the messages")
    func frame() async throws {
        let text = try await self.specify("a login page", frame: "Branch 007-login-page, today is 2026-11-20.")
        #expect(text.contains("**Feature Branch**: `007-login-page`\n\n**Created**: 2026-11-20\n"))
    }
}
