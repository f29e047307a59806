import Chat
import Repositories
import Specs
import TestSupport
import Testing

@Suite("choosing a feature", .timeLimit(.minutes(1))) struct FeatureChoiceTests {
    private static let names = FeatureNames([
        "012-search", "004-login", "003-login-page", "001-export-reports", "20260101-000000-dates",
    ])

    @Test(
        "a number, a name and the beginning of one",
        arguments: [
            ("003", "003-login-page"), ("3", "003-login-page"), ("0003", "003-login-page"), ("12", "012-search"),
            ("003-login-page", "003-login-page"), ("specs/003-login-page/", "003-login-page"),
            (" `003-Login-Page` ", "003-login-page"), ("login", "004-login"), ("LOGIN", "004-login"),
            ("login-p", "003-login-page"), ("export", "001-export-reports"), ("001-e", "001-export-reports"),
            ("dates", "20260101-000000-dates"),
        ])
    func one(word: String, name: String) {
        let names = word == "dates" ? FeatureNames(["001-dates-of-all", "20260101-000000-dates"]) : Self.names
        let expected = word == "dates" ? "001-dates-of-all" : name
        expectEqual(names.match(word), .one(expected))
    }

    @Test("several features fit a word, or none does")
    func others() {
        let twice = FeatureNames(["003-search", "003-login", "002-login"])
        expectEqual(twice.match("3"), .several(["003-search", "003-login"]))
        expectEqual(twice.match("login"), .several(["003-login", "002-login"]))
        expectEqual(twice.match("lo"), .several(["003-login", "002-login"]))
        expectEqual(twice.match("serch"), .none(nearest: "003-search"))
        expectEqual(twice.match("99"), .none(nearest: "003-login"))
        expectEqual(twice.match("  "), .none(nearest: "003-search"))
        expectEqual(FeatureNames([]).match("login"), .none(nearest: nil))
    }

    @Test("a name from a repository can't leave its code span")
    func code() {
        expectEqual(FeatureNames.code("001-a`b\u{202E}c\nd"), "`001-a'b�c�d`")
        #expect(FeatureNames.list((1...12).map { "a\($0)" }).hasSuffix("`a10` and 2 more"))
    }

    @Test("the thread's feature, the only one, and what to type otherwise")
    func choice() async throws {
        let fixture = try Fixture()
        await fixture.catalog.prepare()
        let repository = try fixture.catalog.repository(nil)
        try await expectEqual(fixture.failure(nil), "There is no feature yet: describe one with `specify TEXT`.")

        _ = try await fixture.run("a login page")
        try await expectEqual(FeatureChoice.feature(chosen: nil, in: repository).name, "001-login-page")

        _ = try await fixture.run("a search page", id: "op2")
        try await expectEqual(
            fixture.failure(nil),
            "This thread has not chosen a feature: choose one of `002-search-page`, `001-login-page`, as in "
                + "`spec 002`, or begin another with `specify TEXT`.")
        let chosen = try await FeatureChoice.feature(chosen: "001-login-page", in: repository)
        expectEqual(chosen.folder, "specs/001-login-page")
        try await expectEqual(
            fixture.failure("007-gone")?.hasPrefix("No branch has the feature `007-gone` any more: choose"), true)

        try await expectEqual(FeatureChoice.feature(named: "2", in: repository).name, "002-search-page")
        await #expect {
            try await FeatureChoice.feature(named: "serch", in: repository)
        } throws: { error in
            (error as? TurnFailure)?.message
                == "There is no feature `serch`. Did you mean `002-search-page`? `spec` lists them all."
        }
    }
}

extension Fixture {
    func request(_ feature: String? = nil, text: String = "", id: String = "op9") -> TurnRequest {
        TurnRequest(id: id, session: "s", text: text, sender: Self.sender, feature: feature)
    }

    fileprivate func failure(_ feature: String?) async throws -> String? {
        do {
            _ = try await FeatureChoice.feature(chosen: feature, in: self.catalog.repository(nil))
            return nil
        } catch let error as TurnFailure {
            return error.message
        }
    }
}
