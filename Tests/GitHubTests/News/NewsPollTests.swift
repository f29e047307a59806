import JSON
import TestSupport
import Testing

@testable import GitHub

@Suite("News: polling", .timeLimit(.minutes(1)))
struct NewsPollTests {
    private let source = ScriptedNewsSource()

    private func prepare(head: String = NewsFixtures.shas[0]) {
        self.source["pulls"] = [NewsFixtures.pullObject(head: head)]
        self.source["pulls/7/reviews"] = [NewsFixtures.review(1, "APPROVED", "Fine")]
        self.source["pulls/7/comments"] = []
        self.source["issues/7/comments"] = [NewsFixtures.written(2, "Hello")]
        self.source["commits/\(head)/check-runs"] = ["check_runs": [NewsFixtures.check(3, "failure", sha: head)]]
        self.source["commits/\(head)/status"] = ["statuses": []]
    }

    @Test("the first round finds the pull request of the branch and all of it; the second costs nothing")
    func rounds() async throws {
        self.prepare()
        var poll = NewsPoll(NewsFixtures.repository)
        let first = try await poll.round([NewsFixtures.watch()], from: self.source)
        #expect(first.pulls == [NewsFixtures.branch: 7] && first.heads == [NewsFixtures.branch: NewsFixtures.shas[0]])
        expectEqual(first.events.map(\.key), ["review:1", "comment:2", "check:3"])
        expectEqual(self.source.takeAsked().charged.count, 6)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        let second = try await poll.round([watch], from: self.source)
        let asked = self.source.takeAsked()
        #expect(second.events == [] && second.heads == first.heads)
        #expect(asked.charged == [] && asked.all.count == 3, "\(asked.all)")
    }

    @Test("what is read of a pull request reaches back to the first of the threads that watch it")
    func earliest() async throws {
        self.prepare()
        var poll = NewsPoll(NewsFixtures.repository)
        let late = NewsFixtures.watch(pull: 7, since: 1_900_000_000_000)
        let round = try await poll.round([late, NewsFixtures.watch()], from: self.source)
        #expect(round.events.map(\.key).contains("comment:2"))
    }

    @Test("a changed pull request is read again, alone")
    func changed() async throws {
        self.prepare()
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        _ = try await poll.round([watch], from: self.source)
        _ = self.source.takeAsked()
        self.source["pulls"] = [
            NewsFixtures.pullObject(8, branch: "other", ["updated_at": "2026-11-20T11:00:00Z"]),
            NewsFixtures.pullObject(head: NewsFixtures.shas[0], ["updated_at": "2026-11-20T11:00:00Z"]),
        ]
        self.source["pulls/7/comments"] = [
            NewsFixtures.written(4, "Here", ["path": "a", "line": 1, "pull_request_review_id": 5])
        ]
        let round = try await poll.round([watch], from: self.source)
        expectEqual(round.events.map(\.key), ["line_comment:4"])
        #expect(!self.source.takeAsked().all.contains { $0.contains("/8/") })
    }

    @Test("what no watch needs is forgotten, the oldest first")
    func memory() async throws {
        self.prepare()
        var poll = NewsPoll(NewsFixtures.repository)
        for round in 0..<40 {
            // The branch has a new head each time, and a hundred other pull requests have been opened.
            let head = String(repeating: "\(round % 10)", count: 30) + "\(1_000_000_000 + round)"
            self.prepare(head: head)
            self.source["pulls"] = .array(
                [NewsFixtures.pullObject(head: head)]
                    + (0..<100).map { place in
                        let number = 100 + round * 100 + place
                        return NewsFixtures.pullObject(number, branch: "b\(number)")
                    })
            let found = try await poll.round([NewsFixtures.watch()], from: self.source)
            #expect(found.pulls == [NewsFixtures.branch: 7] && found.heads == [NewsFixtures.branch: head])
        }
        #expect(poll.size < 2_200, "1,000 pull requests with their branches, and the answers: \(poll.size)")
        // A new watch of a branch whose pull request is remembered finds it.
        let watch = WatchedBranch(session: "t", repository: NewsFixtures.repository, branch: "b4000", since: 0)
        try await expectEqual(poll.round([watch], from: self.source).pulls, ["b4000": 4_000])
    }

    @Test("answers that no round asks for any more are forgotten")
    func answers() async throws {
        self.source["pulls"] = []
        var poll = NewsPoll(NewsFixtures.repository)
        for number in 0..<600 {
            let (branch, head) = ("b\(number)", String(1_000_000 + number))
            self.source["git/ref/heads/\(branch)"] = ["object": ["sha": .string(head)]]
            self.source["commits/\(head)/check-runs"] = ["check_runs": []]
            self.source["commits/\(head)/status"] = ["statuses": []]
            let watch = WatchedBranch(session: "t", repository: NewsFixtures.repository, branch: branch, since: 0)
            try await expectEqual(poll.round([watch], from: self.source).heads, [branch: head])
        }
        #expect(poll.size <= 1_005, "\(poll.size)")
    }

    @Test("a moved branch is a push with its commits, by the same key as a webhook's")
    func pushed() async throws {
        self.prepare(head: NewsFixtures.shas[1])
        self.source["compare/\(NewsFixtures.shas[0])...\(NewsFixtures.shas[1])"] = [
            "status": "ahead", "html_url": "https://github.com/octo/app/compare/1...2",
            "commits": [
                [
                    "sha": .string(NewsFixtures.shas[1]), "author": ["login": "mona"],
                    "commit": ["message": "Fix the sum"],
                ]
            ],
        ]
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        let push = try #require(try await poll.round([watch], from: self.source).events.first)
        let reported = try #require(WebhookEvent.read("push", NewsFixtures.push()))
        #expect(push.key == reported.key && push.author == "mona" && push.commits == reported.commits)
    }

    @Test("a branch without a pull request is asked for by its name")
    func branch() async throws {
        self.source["pulls"] = []
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = WatchedBranch(
            session: "t", repository: NewsFixtures.repository, branch: "jetbridge/a b", since: 0)
        try await expectEqual(poll.round([watch], from: self.source), NewsSnapshot())
        self.source["git/ref/heads/jetbridge/a b"] = ["object": ["sha": .string(NewsFixtures.shas[2])]]
        for _ in 1...2 {
            let round = try await poll.round([watch], from: self.source)
            #expect(round.heads == ["jetbridge/a b": NewsFixtures.shas[2]] && round.events == [])
        }
        self.source["git/ref/heads/jetbridge/a b"] = nil
        var seen = watch
        seen.head = NewsFixtures.shas[2]
        let gone = try await poll.round([seen], from: self.source)
        #expect(gone.events.map(\.state) == ["deleted"] && gone.heads == [:])
    }

    @Test("long lists are read to their end")
    func pages() async throws {
        self.prepare()
        self.source["issues/7/comments"] = .array((1...100).map { NewsFixtures.written($0, "x") })
        var poll = NewsPoll(NewsFixtures.repository)
        let round = try await poll.round([NewsFixtures.watch(pull: 7)], from: self.source)
        // The script answers every page alike: ten at most are read.
        expectEqual(round.events.count { $0.kind == .comment }, 1_000)
    }

    @Test("of a list that is longer than was asked for, only as much is read")
    func longLists() async throws {
        self.prepare()
        let head = NewsFixtures.shas[0]
        self.source["pulls/7/reviews"] = .array((1...150).map { NewsFixtures.review($0, "APPROVED", "Fine") })
        self.source["issues/7/comments"] = .array((1...150).map { NewsFixtures.written($0, "x") })
        self.source["commits/\(head)/check-runs"] = [
            "check_runs": .array((1...150).map { NewsFixtures.check($0, "failure", sha: head) })
        ]
        self.source["commits/\(head)/status"] = [
            "statuses": .array((1...150).map { ["id": JSON($0), "state": "failure", "context": "ci"] })
        ]
        var poll = NewsPoll(NewsFixtures.repository)
        let events = try await poll.round([NewsFixtures.watch(pull: 7)], from: self.source).events
        // Ten pages of each list, which the script answers alike.
        expectEqual(events.count { $0.kind == .review }, 1_000)
        expectEqual(events.count { $0.kind == .comment }, 1_000)
        expectEqual(events.count { $0.kind == .check && !$0.id.hasPrefix("status-") }, 100)
        expectEqual(events.count { $0.kind == .check && $0.id.hasPrefix("status-") }, 100)
        expectEqual(Set(events.filter { $0.kind == .comment }.map(\.id)), Set((1...100).map { "\($0)" }))
    }

    @Test("pages that are too large are read in parts, and only an item that is too large by itself is left out")
    func longComments() async throws {
        self.prepare()
        self.source.bodyLimit = 20_000
        self.source["issues/7/comments"] = .array(
            (1...130).map { NewsFixtures.written($0, String(repeating: "x", count: $0 == 57 ? 30_000 : 2_000)) })
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        let round = try await poll.round([watch], from: self.source)
        let comments = round.events.filter { $0.kind == .comment }.map(\.id)
        expectEqual(comments, (1...130).filter { $0 != 57 }.map { "\($0)" })
        expectEqual(round.failures, [])
    }

    @Test("a push with too large a difference is still news, with its last commit")
    func longPush() async throws {
        self.prepare(head: NewsFixtures.shas[1])
        self.source.bodyLimit = 20_000
        self.source["compare/\(NewsFixtures.shas[0])...\(NewsFixtures.shas[1])"] = [
            "files": [["patch": .string(String(repeating: "x", count: 30_000))]]
        ]
        self.source["git/commits/\(NewsFixtures.shas[1])"] = ["message": "Fix the sum", "author": ["name": "Mona"]]
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        let push = try #require(try await poll.round([watch], from: self.source).events.first)
        #expect(push.kind == .push && push.author == "Mona")
        expectEqual(push.commits.map(\.subject), ["Fix the sum"])
    }

    @Test(
        "what cannot be read of a pull request or a branch does not hold up the rest, and is read later",
        arguments: ["issues/7/comments", "commits/\(NewsFixtures.shas[0])/status"])
    func refusal(path: String) async throws {
        self.prepare()
        let (other, head) = ("002-other", NewsFixtures.shas[3])
        self.source["git/ref/heads/\(other)"] = ["object": ["sha": .string(head)]]
        self.source.refused = path
        var poll = NewsPoll(NewsFixtures.repository)
        let watches = [
            NewsFixtures.watch(pull: 7),
            WatchedBranch(session: "t2", repository: NewsFixtures.repository, branch: other, since: 0),
        ]
        let first = try await poll.round(watches, from: self.source)
        expectEqual(first.heads[other], head)
        expectEqual(first.failures, ["No access to \(path)"])
        self.source.refused = nil
        let second = try await poll.round(watches, from: self.source)
        expectEqual(Set((first.events + second.events).map(\.key)), ["review:1", "comment:2", "check:3"])
        expectEqual(second.failures, [])
    }

    @Test("a push whose comparison GitHub cannot make is still news, and holds up nothing")
    func hardPush() async throws {
        self.prepare(head: NewsFixtures.shas[1])
        let compare = "compare/\(NewsFixtures.shas[0])...\(NewsFixtures.shas[1])"
        let commit = "git/commits/\(NewsFixtures.shas[1])"
        self.source[commit] = ["message": "Fix the sum", "author": ["name": "Mona"]]
        self.source.errors = [compare: .unavailable]
        var poll = NewsPoll(NewsFixtures.repository)
        let watch = NewsFixtures.watch(pull: 7, head: NewsFixtures.shas[0])
        let round = try await poll.round([watch], from: self.source)
        expectEqual(round.events.dropFirst().map(\.key), ["review:1", "comment:2", "check:3"])
        let push = try #require(round.events.first)
        #expect(push.kind == .push && push.author == "Mona" && !round.isIncomplete)
        expectEqual(round.heads, [NewsFixtures.branch: NewsFixtures.shas[1]])
        // If its commit cannot be read, the push is reported later, and the rest now.
        self.source.errors[commit] = .unavailable
        var other = NewsPoll(NewsFixtures.repository)
        let part = try await other.round([watch], from: self.source)
        #expect(part.isIncomplete && part.heads == [:])
        expectEqual(part.events.map(\.key), ["review:1", "comment:2"])
        self.source.errors = [:]
        let rest = try await other.round([watch], from: self.source)
        expectEqual(rest.events.map(\.kind), [.push, .check])
    }

    @Test("branches that GitHub fails to give each time do not keep the others from being read")
    func failures() async throws {
        self.source["pulls"] = []
        let watches = (0..<9).map {
            WatchedBranch(session: "t\($0)", repository: NewsFixtures.repository, branch: "b\($0)", since: 0)
        }
        for watch in watches {
            self.source["git/ref/heads/\(watch.branch)"] = ["object": ["sha": .string(NewsFixtures.shas[0])]]
        }
        self.source.errors = Dictionary(
            uniqueKeysWithValues: (1...4).map { ("git/ref/heads/b\($0)", GitHubError.Code.unavailable) })
        var poll = NewsPoll(NewsFixtures.repository)
        let first = try await poll.round(watches, from: self.source)
        expectEqual(Set(first.heads.keys), ["b0"])
        #expect(first.isIncomplete && first.failures.count == 3)
        let second = try await poll.round(watches, from: self.source)
        expectEqual(Set(second.heads.keys), ["b0", "b5", "b6", "b7", "b8"])
        #expect(second.isIncomplete)
    }

    @Test("what was found before a rate limit is reported at once, and the rest is read afterwards")
    func limit() async throws {
        self.source["pulls"] = .array(
            [3, 4, 5].map { NewsFixtures.pullObject($0, branch: "b\($0)", head: NewsFixtures.shas[0]) })
        for pull in 3...5 { self.source["issues/\(pull)/comments"] = [NewsFixtures.written(pull, "Hello")] }
        self.source.errors = ["issues/4/comments": .rateLimited]
        let watches = (3...5).map {
            WatchedBranch(session: "t\($0)", repository: NewsFixtures.repository, branch: "b\($0)", since: 0)
        }
        var poll = NewsPoll(NewsFixtures.repository)
        let first = try await poll.round(watches, from: self.source)
        expectEqual(first.events.filter { $0.kind == .comment }.map(\.id), ["3"])
        #expect(first.isIncomplete && first.heads == ["b3": NewsFixtures.shas[0]])
        #expect(!self.source.takeAsked().all.contains { $0.contains("/5/") })
        self.source.errors = [:]
        let second = try await poll.round(watches, from: self.source)
        expectEqual(second.events.filter { $0.kind == .comment }.map(\.id), ["4", "5"])
        #expect(!second.isIncomplete && second.heads.count == 3)
    }

    @Test("a hash that is longer than any of Git's counts as missing")
    func longHash() async throws {
        let long = String(repeating: "a", count: 256)
        self.source["pulls"] = [NewsFixtures.pullObject(head: long)]
        self.source["git/ref/heads/\(NewsFixtures.branch)"] = ["object": ["sha": .string(long)]]
        var poll = NewsPoll(NewsFixtures.repository)
        try await expectEqual(poll.round([NewsFixtures.watch(pull: 7)], from: self.source).heads, [:])
    }

    @Test("active threads are polled each minute, later ones more rarely, and new ones within ten seconds")
    func schedule() {
        let (minute, day) = (Int64(60_000), Int64(86_400_000))
        let now = 100 * day
        for (age, interval) in [(Int64(0), minute), (day, minute), (2 * day, 5 * minute), (8 * day, 60 * minute)] {
            expectEqual(PollSchedule.interval(activeAt: now - age, now: now), interval)
        }
        var schedule = PollSchedule()
        let watches = (0..<100).map { (id: "t\($0)", activeAt: now) }
        schedule.plan(watches, at: now)
        let first = watches.filter { schedule.isDue($0.id, at: now + 5_000) }
        #expect((20...80).contains(first.count), "spread")
        #expect(watches.allSatisfy { schedule.isDue($0.id, at: now + 10_000) })
        let later = now + 10_000
        for watch in watches {
            schedule.polled(watch.id, activeAt: now - 8 * day, from: later, at: later, hasFailed: false)
        }
        expectEqual(schedule.next, later + 60 * minute)
        // Somebody writes there again.
        schedule.plan([(id: "t1", activeAt: later)], at: later)
        expectEqual(schedule.next, later + minute)
        schedule.plan([], at: now)
        expectEqual(schedule.next, nil)
    }
    @Test("a poll that failed, and one that was hurried while it ran, are repeated soon")
    func soon() {
        let now: Int64 = 1_000_000_000
        let hour = 60 * PollSchedule.minute
        var schedule = PollSchedule(leastInterval: hour)
        func due(hasFailed: Bool, hurriedAt hurry: Int64? = nil) -> Int64? {
            schedule.plan([(id: "a", activeAt: now)], at: now - 20_000)
            #expect(schedule.isDue("a", at: now))
            if let hurry { schedule.hurry("a", at: hurry) }
            schedule.polled("a", activeAt: now, from: now, at: now + 500, hasFailed: hasFailed)
            defer { schedule = PollSchedule(leastInterval: hour) }
            return schedule.next
        }
        expectEqual(due(hasFailed: false), now + 500 + hour)
        expectEqual(due(hasFailed: true), now + 500 + PollSchedule.minute)
        expectEqual(due(hasFailed: false, hurriedAt: now), now + 1)
        expectEqual(due(hasFailed: true, hurriedAt: now + 200), now + 201)
        expectEqual(due(hasFailed: false, hurriedAt: now - 200), now + 500 + hour)
    }
}
