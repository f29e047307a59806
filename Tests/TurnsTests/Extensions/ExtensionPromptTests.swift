import Extensions
import TestSupport
import Testing

@testable import Turns

@Suite("Prompts of servers")
struct ExtensionPromptTests {
    private static let prompt = ExtensionPrompt(
        name: "triage", description: "",
        arguments: [
            ExtensionPrompt.Argument(name: "issue", isRequired: true),
            ExtensionPrompt.Argument(name: "tone", isRequired: false),
        ])

    @Test(
        "words are arguments by name, or else the first one",
        arguments: [
            ("jira:triage ABC-1 is odd", ["issue": "ABC-1 is odd"], []),
            ("jira:triage issue=ABC-1 tone=very kind", ["issue": "ABC-1", "tone": "very kind"], []),
            ("jira:triage tone=kind", ["tone": "kind"], ["issue"]), ("jira:triage", [:], ["issue"]),
            ("jira:triage a=b", ["issue": "a=b"], []),
        ] as [(String, [String: String], [String])])
    func arguments(_ text: String, _ values: [String: String], _ missing: [String]) throws {
        let words = try #require(ExtensionPromptWords(text))
        #expect(words.server == "jira" && words.prompt == "triage")
        let found = words.arguments(of: Self.prompt)
        expectEqual(found.values, values)
        expectEqual(found.missing, missing)
    }

    @Test(
        "other texts name no prompt", arguments: ["jira: what is new", "Jira:triage", ":x", "see jira:triage", "a b:c"])
    func others(_ text: String) { #expect(ExtensionPromptWords(text) == nil) }
}
