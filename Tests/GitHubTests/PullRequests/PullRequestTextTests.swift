import JSON
import TestSupport
import Testing

@testable import GitHub

@Suite("The description of a pull request", .timeLimit(.minutes(1)))
struct PullRequestTextTests {
    private func material() -> PullRequestMaterial {
        var material = PullRequestMaterial(thread: "abc123")
        material.title = "Order bread"
        material.summary = "People order bread and pay later."
        material.stories = ["Order", "Pay"]
        material.documents = [
            .init(label: "spec", url: "https://github.com/o/r/blob/001-x/specs/001-x/spec.md"),
            .init(label: "tasks", url: "https://github.com/o/r/blob/001-x/specs/001-x/tasks.md"),
        ]
        material.tasks = 12
        material.tasksDone = 7
        material.commits = [.init(id: String(repeating: "a", count: 40), subject: "Add a form")]
        material.commitCount = 1
        material.asker = "Ada"
        material.network = "Slack"
        return material
    }

    @Test("names documents, tasks, commits and who asked")
    func isComplete() {
        let section = PullRequestText.section(self.material())
        #expect(section.hasPrefix("<!-- jetbridge:abc123 -->\n"))
        #expect(section.contains("[spec](https://github.com/o/r/blob/001-x/specs/001-x/spec.md)"))
        #expect(section.contains("**Tasks:** 7/12 done"))
        #expect(section.contains("- aaaaaaa Add a form"))
        #expect(section.contains("Requested by Ada on Slack."))
        #expect(section.hasSuffix("<!-- /jetbridge:abc123 -->"))
    }

    @Test("replaces only its own part")
    func keepsOthersText() {
        var material = self.material()
        let first = PullRequestText.section(material)
        let body = "Reviewers: look at the form first.\r\n\r\n\(first)\r\n\r\nThanks!"
        material.tasksDone = 8
        let merged = PullRequestText.merged(PullRequestText.section(material), into: body)
        #expect(merged.hasPrefix("Reviewers: look at the form first.\r\n\r\n<!-- jetbridge"))
        #expect(merged.hasSuffix("-->\r\n\r\nThanks!"))
        #expect(merged.contains("8/12") && !merged.contains("7/12"))
        expectEqual(PullRequestText.merged(PullRequestText.section(material), into: merged), merged)
    }

    @Test("is added to a description without one")
    func isAdded() {
        let section = PullRequestText.section(self.material())
        expectEqual(PullRequestText.merged(section, into: "By hand.\n"), "By hand.\n\n\(section)")
        expectEqual(PullRequestText.merged(section, into: ""), section)
    }

    @Test("keeps everything where its end was removed")
    func keepsTextWithoutEnd() {
        let merged = PullRequestText.merged("NEW", into: "Before\n<!-- jetbridge:abc123 -->\nours or theirs")
        expectEqual(merged, "Before\n\nours or theirs\n\nNEW")
    }

    @Test("addresses nobody, closes nothing and cannot end its marks")
    func isEscaped() {
        var material = self.material()
        material.summary = "Closes #12 for @octocat <!-- /jetbridge:abc123 --> rest"
        material.commits = [.init(id: String(repeating: "b", count: 40), subject: "Fixes #3 by @bob --> <b>")]
        let section = PullRequestText.section(material)
        #expect(!section.contains(" #12") && !section.contains(" #3"))
        #expect(!section.contains("@octocat") && !section.contains("@bob"))
        expectEqual(section.components(of: "-->"), 2)
        #expect(!section.contains("<b>"))
    }

    @Test("has no more than a bounded number of commits and stories")
    func isBounded() {
        var material = self.material()
        material.stories = (0..<500).map { "Story \($0) \(String(repeating: "x", count: 5_000))" }
        material.commits = (0..<500).map { .init(id: String(repeating: "c", count: 40), subject: "Commit \($0)") }
        material.commitCount = 500
        let section = PullRequestText.section(material)
        #expect(section.count < 20_000)
        #expect(section.contains("- and 470 more"))
    }

    @Test(
        "takes its title from what was typed, the feature or the newest commit",
        arguments: [("Given", "Feature", "Given"), (nil, "Feature", "Feature"), (nil, nil, "Add a form")])
    func title(given: String?, feature: String?, expected: String) {
        var material = self.material()
        material.title = feature
        expectEqual(PullRequestText.title(given, material), expected)
    }

    @Test("a wish is a draft, a title or both")
    func wishes() {
        expectEqual(PullRequestWish(""), PullRequestWish("  "))
        #expect(PullRequestWish("draft").isDraft && PullRequestWish("draft").title == nil)
        expectEqual(PullRequestWish("Draft Order bread").title, "Order bread")
        #expect(!PullRequestWish("Order bread").isDraft)
    }

    @Test("a merged pull request is not reopened, but new commits get a new one")
    func steps() throws {
        let closed = try #require(
            GitHubPullRequest(
                [
                    "number": 3, "state": "closed", "base": ["ref": "main", "sha": "1"],
                    "head": ["ref": "x", "sha": "2"],
                ] as JSON))
        expectEqual(PullRequestStep(open: nil, last: closed, head: "2"), .ended(closed))
        expectEqual(PullRequestStep(open: nil, last: closed, head: "3"), .open)
        expectEqual(PullRequestStep(open: closed, last: nil, head: "2"), .update(closed))
    }

    @Test("is named by number, address or branch")
    func references() {
        let name = GitHubRepositoryName(owner: "o", name: "r")
        expectEqual(PullRequestReference("12"), .number(12))
        expectEqual(PullRequestReference("#12"), .number(12))
        expectEqual(PullRequestReference("https://github.com/o/r/pull/12/files#x"), .address(name, 12))
        expectEqual(PullRequestReference("<https://github.com/o/r/pull/12|#12>"), .address(name, 12))
        expectEqual(PullRequestReference("001-order"), .branch("001-order"))
        expectEqual(PullRequestReference("https://github.com/o/r/issues/12"), nil)
        expectEqual(PullRequestReference(""), nil)
        expectEqual(PullRequestReference("12 13"), nil)
    }
}

extension String {
    fileprivate func components(of part: String) -> Int { self.ranges(of: part).count }
}
