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
}
