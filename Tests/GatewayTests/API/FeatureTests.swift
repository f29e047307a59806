import Chat
import Git
import HTTP
import JSON
import Schemas
import Sessions
import Specs
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("A thread's feature", .timeLimit(.minutes(1)))
struct FeatureTests {
    private static func choose(
        _ feature: String?, repository: String? = nil, in thread: String, _ harness: GatewayHarness
    ) async throws {
        try await harness.bridge.store.write { ledger in
            var session = try #require(try ledger.session(id: thread))
            session.feature = feature
            session.repository = repository
            try ledger.update(session)
        }
    }

    @Test("a feature, its documents and their differences, as the document says")
    func feature() async throws {
        try await GatewayHarness.run(features: FakeFeatures()) { harness in
            let member = try await harness.signedIn(.member)
            let thread = try await member.newThread()
            let path = "/api/v1/threads/\(thread)/spec"
            let none = try await member.send(.get, path)
            expectEqual(none.status, 404)
            expectEqual(none.json["detail"], "There is no feature yet: describe one with `specify TEXT`.")

            try await Self.choose("001-a", in: thread, harness)
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let validator = SchemaValidator(document: document)
            let feature = try await member.send(.get, path).expect(200)
            expectEqual(
                validator.mistakes(in: feature, method: "get", path: "/api/v1/threads/{id}/spec", status: 200), [])
            #expect(feature["branch"] == "001-a" && feature["folder"] == "specs/001-a")
            #expect(feature["stages"]?[0]?["commit"] == "0a1b" && feature["stages"]?[1]?["commit"] == .null)

            let text = try await member.send(.get, "\(path)/document?path=specs/001-a/spec.md").expect(200)
            expectEqual(
                validator.mistakes(in: text, method: "get", path: "/api/v1/threads/{id}/spec/document", status: 200), []
            )
            try await expectEqual(member.send(.get, "\(path)/document?path=x").status, 404)
            try await expectEqual(member.send(.get, "\(path)/document").status, 400)
            let diff = try await member.send(.get, "\(path)/diff?path=a&from=b&to=c").expect(200)
            expectEqual(diff["diff"], "a b c")
            try await expectEqual(member.send(.get, "\(path)/diff?path=a&from=b").status, 400)

            try await Self.choose("001-a", repository: "broken", in: thread, harness)
            try await expectEqual(member.send(.get, path).status, 409)
        }
    }

    @Test(
        "a version's date is within the calendar, whatever the commit says",
        arguments: ["18446744073709551 +0000", "9223372036854775807 +9999", "-9223372036854775808 +0000"])
    func absurdDates(_ date: String) async throws {
        let directory = try TemporaryDirectory()
        let git = RealGit(directory.path)
        try git.shell("git init -q && git commit -qm One --allow-empty")
        try git.redate(date)
        let repository = GitRepository(path: directory.path)
        let commit = try await repository.commit(try await repository.resolve("main"))
        let version = API.FeatureVersion(commit, SpecLinks(RepositoryPages(viewer: "http://h"), repository: "app"))
        let shown = try #require(try JSON(encoding: version)["at"]?.stringValue)
        expectEqual(shown.utf8.count, 24)
    }

    @Test("guests see no repository, members no thread of others")
    func access() async throws {
        try await GatewayHarness.run(features: FakeFeatures()) { harness in
            let guest = try await harness.signedIn(.guest)
            let own = try await guest.newThread()
            try await Self.choose("001-a", in: own, harness)
            for word in ["spec", "spec/document?path=specs/001-a/spec.md", "spec/diff?path=a&from=b&to=c"] {
                try await expectEqual(guest.send(.get, "/api/v1/threads/\(own)/\(word)").status, 403)
                try await expectEqual(harness.anybody.send(.get, "/api/v1/threads/\(own)/\(word)").status, 401)
            }
            let member = try await harness.signedIn(.member)
            try await expectEqual(member.send(.get, "/api/v1/threads/\(own)/spec").status, 404)
            try await expectEqual(harness.signedIn(.owner).send(.get, "/api/v1/threads/\(own)/spec").status, 200)
        }
    }
}
