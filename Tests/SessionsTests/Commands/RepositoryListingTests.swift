import Chat
import TestSupport
import Testing
import Threads

@testable import Sessions

@Suite("Lists of repositories, branches and files")
struct RepositoryListingTests {
    @Test(
        "are asked for by words after `repo`",
        arguments: [
            ("github", RepositoryListing.Kind.github, 1), ("GitHub 3", .github, 3), ("branches", .branches, 1),
            ("branches 12", .branches, 12), ("files", .files(path: "", branch: nil), 1),
            ("files 2", .files(path: "", branch: nil), 2), ("files src/app", .files(path: "src/app", branch: nil), 1),
            ("files /src/app/ 2", .files(path: "src/app", branch: nil), 2),
            ("files on 001-login", .files(path: "", branch: "001-login"), 1),
            ("files my notes on main 4", .files(path: "my notes", branch: "main"), 4),
            ("files 2/", .files(path: "2", branch: nil), 1),
        ])
    func words(text: String, kind: RepositoryListing.Kind, page: Int) throws {
        let listing = try #require(RepositoryListing(text))
        expectEqual(listing.kind, kind)
        expectEqual(listing.page, page)
        let next = try #require(RepositoryListing(String(listing.words(page: page + 1).dropFirst("repo ".count))))
        #expect(next.kind == kind && next.page == page + 1)
    }

    @Test("other words are names", arguments: ["", "notes", "github enterprise", "branches of app", "file"])
    func names(text: String) { expectEqual(RepositoryListing(text), nil) }

    @Test("are shown page by page, with the command for the next one")
    func pages() throws {
        let all = (1...60).map { "item \($0)" }
        let listing = try #require(RepositoryListing("branches 2"))
        let second = ListedPage("Branches", 2, of: all)
        let text = CommandTexts.listing(second, of: listing, sign: CommandSign("!"))
        #expect(text.hasPrefix("Branches, 26 to 50 of 60:\n\n- item 26\n"))
        #expect(text.hasSuffix("- item 50\n\nMore: `!repo branches 3`"))
        let last = ListedPage("Branches", 3, of: all)
        #expect(last.items.count == 10 && !last.hasMore)
        expectEqual(ListedPage("Branches", 4, of: all).title, "Branches: there is no page 4.")
        expectEqual(ListedPage("Branches", 1, of: []).title, "Branches: nothing.")
    }
}
