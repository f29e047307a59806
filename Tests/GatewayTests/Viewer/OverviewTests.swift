import Chat
import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite("A repository's page", .timeLimit(.minutes(1)))
struct OverviewTests {
    private func page(_ target: String) async throws -> Caller.Answer {
        var found: Caller.Answer?
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.member).with("Accept", "text/html")
            found = try await caller.send(.get, target)
        }
        return try #require(found)
    }

    @Test("it lists specifications with their state, documents, branches and files")
    func page() async throws {
        let answer = try await self.page("/r/notes")
        expectEqual(answer.status, 200)
        let text = answer.text
        // The specification by its own name, on the branch where it is.
        #expect(text.contains("<a href=\"/r/notes/blob/001-login/specs/001-login/spec.md\">Login page</a>"))
        #expect(text.contains("on branch 001-login"))
        for words in ["Draft", "2 open questions", "3 of 4 ticked", "checklists/requirements.md"] {
            #expect(text.contains(words), "\(words)")
        }
        // The default branch first, the others to choose.
        let branches = text.ranges(of: "<span class=\"branch\">").count
        expectEqual(branches, 3)
        #expect(text.contains("<b aria-current=\"true\">main</b>"))
        #expect(text.contains("<a href=\"/r/notes?branch=feature%2Fx\">feature/x</a>"))
        #expect(text.contains("2026-03-01 14:05 +0100"))
        #expect(text.contains("Branches <span class=\"faint num\">first 3</span>"))
        #expect(text.contains("Only the first 3 are shown"))
        // The files of the branch.
        #expect(text.contains("<a href=\"/r/notes/blob/main/readme.md\">readme.md</a>"))
        #expect(text.contains("<a href=\"/r/notes/tree/main/folder\">folder/</a>"))
    }

    @Test("another branch can be chosen, with a way back to the default one")
    func branch() async throws {
        let text = try await self.page("/r/notes?branch=feature%2Fx").text
        #expect(text.contains("Branch <b>feature/x</b>"))
        #expect(text.contains("<a href=\"/r/notes\">Show main</a>"))
        #expect(text.contains("<a href=\"/r/notes/blob/feature%2Fx/readme.md\">readme.md</a>"))
        #expect(text.contains("<b aria-current=\"true\">feature/x</b>"))
    }

    @Test(
        "pages of files and commits lead back to it",
        arguments: ["tree/main/folder", "blob/main/readme.md", "commit/4f9c2b7"])
    func wayBack(path: String) async throws {
        #expect(try await self.page("/r/notes/\(path)").text.contains("<a href=\"/r/notes\">notes</a>"))
    }
}
