import Chat
import JSON
import Logging
import Repositories
import TestSupport
import Testing
import Threads

@testable import Documents

@Suite("A document's history", .timeLimit(.minutes(1)))
struct DocumentHistoryTests {
    @Test(
        "a commit with an absurd date is listed with one within the calendar",
        arguments: ["18446744073709551 +0000", "9223372036854775807 -9999", "-9223372036854775808 +0000"])
    func absurdDates(_ date: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")],
            now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        let git = RealGit(path)
        try git.shell("mkdir docs && echo x > docs/x.md && git add . && git commit -qm One")
        try git.redate(date)
        let desk = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        let answer = try await desk.history(of: DocumentPlace(repository: "notes", branch: "main", path: "docs/x.md"))
        let item = answer["items"]?[0]
        let time = try #require(item?["at"]?.intValue)
        #expect(item?["subject"] == "One" && (0...253_402_300_799_999).contains(time))
    }

    @Test("a version has what its commit changed, and what has changed since")
    func changes() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")],
            now: { 1_700_000_000 }, logger: Logger(label: "test"))
        await catalog.prepare()
        try RealGit(path).shell(
            """
            mkdir docs; for text in one two three; do echo $text > docs/x.md; git add .; git commit -qm $text; done
            """)
        let desk = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        let place = DocumentPlace(repository: "notes", branch: "main", path: "docs/x.md")
        let commits = try #require(
            await desk.history(of: place)["items"]?.arrayValue?.compactMap { $0["sha"]?.stringValue })
        func lines(_ diff: JSON?) -> [Substring] {
            (diff?.stringValue ?? "").split(separator: "\n").filter {
                ($0.hasPrefix("+") || $0.hasPrefix("-")) && !$0.hasPrefix("+++") && !$0.hasPrefix("---")
            }
        }
        let expected = [
            (["-two", "+three"], []), (["-one", "+two"], ["-two", "+three"]), (["+one"], ["-one", "+three"]),
        ]
        #expect(commits.count == 3)
        for (commit, (change, since)) in zip(commits, expected) {
            let version = try await desk.version(commit, of: place)
            #expect(lines(version["change"]).map(String.init) == change)
            #expect(lines(version["diff"]).map(String.init) == since)
        }
    }

    @Test("people who edited together are each named once, with whatever identity")
    func authors() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        @Sendable func person(_ id: String) -> Sender { Sender(id: id, identities: [], displayName: "name of \(id)") }
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")],
            authors: { $0.id.hasPrefix("ada") ? person("ada") : $0 }, now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        let desk = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        var edit = DocumentEdit(
            path: "docs/x.md", text: "one\n", base: nil, message: nil, author: person("ada@slack"), id: "op_1")
        edit.coAuthors = ["ada@web", "bob", "bob", "cy"].map(person)
        _ = try await desk.save(edit, of: DocumentThread(repository: "notes", feature: nil))
        let commit = try RealGit(path)("show -s --format='%an%n%(trailers:key=Co-authored-by,valueonly)' main")
        let names = commit.split(separator: "\n").map { $0.prefix { $0 != "<" } }
        expectEqual(names, ["name of ada", "name of bob ", "name of cy "])
    }
}
