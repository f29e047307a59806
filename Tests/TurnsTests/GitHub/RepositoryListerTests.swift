import Chat
import GitHub
import Sessions
import TestSupport
import Testing
import Threads

@testable import Turns

@Suite("`repo` lists", .timeLimit(.minutes(1)))
struct RepositoryListerTests {
    private static func page(_ words: String, of repository: String? = nil, _ scene: PullScene) async throws
        -> ListedPage
    {
        let listing = try #require(RepositoryListing(words))
        return await RepositoryLister(work: scene.work).page(listing, of: repository, for: "slack:T1/U1")
    }

    @Test("branches and files of a repository on GitHub without a call of the API, with links")
    func mirror() async throws {
        try await PullScene.with { scene in
            await scene.github.forgetCalls()
            let web = "\(scene.github.url)/octo/app"
            let branches = try await Self.page("branches", scene)
            expectEqual(branches.title, "Branches of `app`, 1 to 2 of 2:")
            expectEqual(branches.items.first?.hasPrefix("`main` at `"), true)
            expectEqual(branches.items.first?.hasSuffix(", the base \(web)/tree/main"), true)
            expectEqual(branches.items.last?.hasSuffix(" \(web)/tree/001-greet"), true)
            let files = try await Self.page("files on 001-greet", scene)
            expectEqual(files.title, "Files on `001-greet` of `app`, 1 to 3 of 3:")
            #expect(files.items.contains("`src/` \(web)/tree/001-greet/src"))
            let folder = try await Self.page("files src on 001-greet", scene)
            expectEqual(folder.items, ["`greet.sh`, 20 bytes \(web)/blob/001-greet/src/greet.sh"])
            await expectEqual(scene.github.ledger.apiCalls, 0)
            let missing = try await Self.page("files nowhere", scene)
            #expect(missing.items.isEmpty && missing.title.hasPrefix("The list can't be shown: "))
        }
    }

    @Test("a local repository's branches and files")
    func local() async throws {
        try await PullScene.with { scene in
            let branches = try await Self.page("branches", of: "notes", scene)
            expectEqual(branches.items.count, 1)
            expectEqual(branches.items.first?.contains("http://127.0.0.1:8787/r/notes/tree/"), true)
        }
    }

    @Test("the account's repositories page by page, from the cache the second time")
    func github() async throws {
        try await PullScene.with { scene in
            for number in 1...27 {
                try await scene.github.addRepository("octo/more\(number)", files: [:], people: ["jet": .read])
            }
            await scene.github.forgetCalls()
            let first = try await Self.page("github", scene)
            #expect(first.items.count == 25 && first.hasMore)
            let second = try await Self.page("github 2", scene)
            #expect(second.items.count == 3 && !second.hasMore)
            #expect((first.items + second.items).contains { $0.hasPrefix("`octo/app` (here as `app`)") })
            #expect((first.items + second.items).contains { $0.hasPrefix("`octo/more27` (read only)") })
            await expectEqual(scene.github.ledger.apiCalls, 1)
            let third = try await Self.page("github 3", scene)
            expectEqual(third.title, "The account sees no further repositories on GitHub.")
        }
    }
}
