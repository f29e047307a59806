import Chat
import Copilot
import HTTP
import HTTPClient
import JSON
import Models
import Primitives
import Repositories
import TestSupport
import Testing

@testable import GitHub

@Suite("GitHub: limits and retries", .timeLimit(.minutes(1)))
struct GitHubLimitsTests {
    private typealias Answer = ScriptedTransport.Answer
    private static let user = Answer.json(#"{"login":"octo","id":7}"#)
    private static let secondary = #"{"message":"You have exceeded a secondary rate limit. Please wait."}"#
    private static let primary = #"{"message":"API rate limit exceeded for user ID 7."}"#

    private static func repository(_ number: Int) -> GitHubRepositoryName {
        GitHubRepositoryName(owner: "octo", name: "app\(number)")
    }

    @Test(
        "calls wait for the next hour when this one's are used up, and the thread gets one line", arguments: [403, 429])
    func primaryLimit(status: Int) async throws {
        let rig = try GitHubRig(
            .json(Self.primary, status: status, headers: Answer.budget(0, endsIn: 41)), Self.user)
        let told = ToldLines()
        _ = try await RemoteWork.$current.withValue(RemoteWork(say: told.say)) { try await rig.client.signIn() }
        expectEqual(rig.time.waits, [.seconds(42)])
        expectEqual(
            told.all,
            [
                "GitHub asks for a pause of 42 s (0 of 5000 requests left this hour); the work then continues by itself."
            ])
        expectEqual(rig.requests.count, 2)
    }

    @Test("a longer wait is an error that names the time")
    func longPrimaryLimit() async throws {
        let rig = try GitHubRig(.json(Self.primary, status: 403, headers: Answer.budget(0, endsIn: 3_000)))
        let error = try await rig.failure { _ = try await $0.signIn() }
        expectEqual(error.code, .rateLimited)
        expectEqual(error.until, GitHubRig.start + 3_001)
        #expect(error.message.hasSuffix("are used up; try again after 08:50 UTC."))
        #expect(rig.time.waits.isEmpty)
        // The next call does not even ask.
        _ = try await rig.failure { _ = try await $0.signIn() }
        expectEqual(rig.requests.count, 1)
    }

    @Test("absurd limits, remainders and times lead to a bounded wait", arguments: ExtremeNumbers.all)
    func absurdNumbers(_ number: Int64) async throws {
        for name in ["X-RateLimit-Reset", "X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After", "Date"] {
            for status in [200, 403, 429] {
                var headers = Answer.budget(0, endsIn: 41)
                headers[name] = "\(number)"
                if name == "Date" { headers[name] = "Fri, 31 Dec 9999 23:59:59 GMT" }
                let rig = try GitHubRig(
                    .json(status == 200 ? #"{"login":"octo","id":7}"# : Self.primary, status: status, headers: headers),
                    Self.user)
                for _ in 0..<2 { _ = try? await rig.client.signIn() }
                #expect(rig.time.waits.allSatisfy { $0 <= .seconds(3_601) }, "\(name) \(status): \(rig.time.waits)")
                rig.time.pass(.seconds(3_601))
                _ = try await rig.client.signIn()
            }
        }
    }

    @Test("the pause that GitHub asks for in a date is bounded too")
    func distantRetry() async throws {
        let rig = try GitHubRig(
            .json(Self.secondary, status: 403, headers: ["Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"]), Self.user)
        let error = try await rig.failure { _ = try await $0.signIn() }
        #expect(error.code == .secondaryLimit && error.until == GitHubRig.start + 3_600)
        rig.time.pass(.seconds(3_600))
        _ = try await rig.client.signIn()
    }

    @Test("the budget is known ahead: with nothing left, no request is sent before the hour ends")
    func ahead() async throws {
        let rig = try GitHubRig(.json(#"{"login":"octo","id":7}"#, headers: Answer.budget(0, endsIn: 60)), Self.user)
        _ = try await rig.client.signIn()
        let budget = rig.client.budget(of: try GitHubRig.token())
        expectEqual(budget.map { "\($0)" }, "0/5000 requests left this hour")
        _ = try await rig.client.signIn()
        expectEqual(rig.time.waits, [.seconds(61)])
    }

    @Test("Retry-After is obeyed for reads and writes")
    func retryAfter() async throws {
        let rig = try GitHubRig(
            .json(Self.secondary, status: 403, headers: ["Retry-After": "30"]), .json("{}", status: 201))
        try await rig.client.createBranch("x", at: "a", in: GitHubRig.repository)
        expectEqual(rig.time.waits, [.seconds(30)])
        expectEqual(rig.requests.count, 2)
    }

    @Test("without Retry-After it is a minute, doubled each time, and five tries in all")
    func doubling() async throws {
        let rig = try GitHubRig(.json(Self.secondary, status: 403))
        let told = ToldLines()
        let error = try await RemoteWork.$current.withValue(RemoteWork(say: told.say)) {
            try await rig.failure { _ = try await $0.signIn() }
        }
        expectEqual(error.code, .secondaryLimit)
        expectEqual(rig.time.waits, [.seconds(60), .seconds(120), .seconds(240), .seconds(480)])
        expectEqual(rig.requests.count, 5)
        expectEqual(told.all.count, 1)
    }

    @Test("absurd numbers among the limits are left out", arguments: ExtremeNumbers.all)
    func absurdResets(_ number: Int64) async throws {
        let rig = try GitHubRig(
            .json(#"{"resources":{"core":{"limit":\#(number),"remaining":\#(number),"reset":\#(number)}}}"#))
        let budget = try await rig.client.rateLimit()["core"]
        expectEqual(budget != nil, abs(number / 2) < 1)
        if let budget { _ = GitHubText.time(budget.resetsAt) }
    }

    @Test("GraphQL reports a limit with status 200")
    func graphQLLimit() async throws {
        let rig = try GitHubRig(
            .json(
                #"{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}"#,
                headers: [
                    "X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "5000",
                    "X-RateLimit-Reset": "\(GitHubRig.start + 10)", "X-RateLimit-Resource": "graphql",
                ]), .json(#"{"data":{"viewer":{"login":"octo"}}}"#))
        let data = try await rig.client.graphQL("{ viewer { login } }", [:], "Reading", isWrite: false)
        expectEqual(data["viewer"]?["login"]?.stringValue, "octo")
        expectEqual(rig.time.waits, [.seconds(11)])
        expectEqual(rig.client.budget(of: try GitHubRig.token()), nil)
    }

    @Test("a read is repeated after a gateway's error, with growing waits")
    func readsAgain() async throws {
        let rig = try GitHubRig(.json("", status: 502), .json("", status: 503), .failure(.closed), Self.user)
        _ = try await rig.client.signIn()
        expectEqual(rig.time.waits, [.milliseconds(375), .milliseconds(750), .milliseconds(1_500)])
    }

    @Test("when GitHub does not answer, the thread gets one line as soon as a person notices the wait")
    func toldOfRetries() async throws {
        let rig = try GitHubRig(
            .json("", status: 502, headers: Answer.budget(850, endsIn: 600)), .json("", status: 502),
            .json("", status: 502), .json("", status: 502), Self.user)
        let told = ToldLines()
        _ = try await RemoteWork.$current.withValue(RemoteWork(say: told.say)) { try await rig.client.signIn() }
        expectEqual(
            told.all,
            [
                "GitHub does not answer as it should (850 of 5000 requests left this hour): try 5 of 5 follows; the work "
                    + "then continues by itself."
            ])
        let quick = try GitHubRig(.json("", status: 502), Self.user)
        _ = try await RemoteWork.$current.withValue(RemoteWork(say: told.say)) { try await quick.client.signIn() }
        expectEqual(told.all.count, 1)
    }

    @Test("a write is never repeated when it may have been carried out")
    func writesOnce() async throws {
        for answer in [
            Answer.json("", status: 502),
            Answer(steps: [], failure: HTTPClientError(.closed, "why", mayHaveReachedServer: true)),
        ] {
            let rig = try GitHubRig(answer)
            let error = try await rig.failure { try await $0.createBranch("x", at: "a", in: GitHubRig.repository) }
            #expect(error.mayHaveHappened)
            #expect(error.message.contains("look there before you repeat it"))
            expectEqual(rig.requests.count, 1)
        }
    }

    @Test("a write that certainly did not reach GitHub is repeated")
    func unsentWrite() async throws {
        let rig = try GitHubRig(.failure(.connect), .json("{}", status: 201))
        try await rig.client.createBranch("x", at: "a", in: GitHubRig.repository)
        expectEqual(rig.requests.count, 2)
    }

    @Test("writes of one token are at least a second apart")
    func spacing() async throws {
        let times = Protected<[Duration]>([])
        let time = Protected<SkippingClock?>(nil)
        let transport = AnsweringTransport { _, _ in
            times.withLock { times in times.append(time.withLock { $0?.now ?? .zero }) }
            return .json("{}", status: 201)
        }
        let rig = try GitHubRig(transport)
        time.withLock { $0 = rig.time }
        try await withThrowingTaskGroup { group in
            for number in 0..<10 {
                group.addTask { try await rig.client.createBranch("b\(number)", at: "a", in: GitHubRig.repository) }
            }
            try await group.waitForAll()
        }
        let sent = times.withLock { $0 }
        expectEqual(sent.count, 10)
        #expect(zip(sent, sent.dropFirst()).allSatisfy { $1 - $0 >= .seconds(1) })
    }

    @Test("at most so many requests are under way at once")
    func concurrency() async throws {
        let running = Protected<(now: Int, peak: Int)>((0, 0))
        let transport = AnsweringTransport { _, _ in
            running.withLock { running in
                running.now += 1
                running.peak = max(running.peak, running.now)
            }
            for _ in 0..<20 { await Task.yield() }
            running.withLock { $0.now -= 1 }
            return .json(#"{"id":1,"full_name":"octo/app"}"#)
        }
        let rig = try GitHubRig(transport) { $0.maximumConcurrent = 4 }
        try await withThrowingTaskGroup { group in
            for number in 0..<100 { group.addTask { _ = try await rig.client.repository(Self.repository(number)) } }
            try await group.waitForAll()
        }
        #expect(running.withLock { $0.peak } <= 4)
        expectEqual(transport.requests.count, 100)
    }

    @Test("a storm of refusals counts as one, and every call succeeds after the pause")
    func storm() async throws {
        let refused = Protected(0)
        let transport = AnsweringTransport { _, number in
            guard number > 20 else {
                refused.withLock { $0 += 1 }
                // All of the first twenty are under way before one is answered.
                try await eventually("all of the first twenty are under way") { refused.withLock { $0 } >= 20 }
                return .json(Self.secondary, status: 429)
            }
            return .json(#"{"id":1,"full_name":"octo/app"}"#)
        }
        let rig = try GitHubRig(transport)
        try await withThrowingTaskGroup { group in
            for number in 0..<100 { group.addTask { _ = try await rig.client.repository(Self.repository(number)) } }
            try await group.waitForAll()
        }
        expectEqual(transport.requests.count, 120)
        #expect(rig.time.waits.allSatisfy { $0 <= .seconds(60) })
    }

    /// GitHub's limits of one token, strictly.
    private struct Meter {
        var points: [Duration] = []
        var writes: [Duration] = []
        var running = 0
        var refusals = 0

        mutating func isRefused(_ request: TransportRequest, at now: Duration) -> Bool {
            let isWrite = request.method != .get
            self.points.removeAll { $0 <= now - .seconds(60) }
            self.writes.removeAll { $0 <= now - .seconds(3_600) }
            let isTooMuch =
                self.points.count + (isWrite ? 5 : 1) > 900 || self.running >= 100
                || isWrite
                    && (self.writes.count >= 500 || self.writes.count { $0 > now - .seconds(60) } >= 80)
            self.points += Array(repeating: now, count: isWrite ? 5 : 1)
            if isWrite { self.writes.append(now) }
            self.running += 1
            if isTooMuch { self.refusals += 1 }
            return isTooMuch
        }
    }

    @Test("two hundred threads that work at once meet no limit")
    func threads() async throws {
        let meter = Protected(Meter())
        let time = SkippingClock()
        let transport = AnsweringTransport { request, _ in
            let isRefused = meter.withLock { $0.isRefused(request, at: time.now) }
            await Task.yield()
            meter.withLock { $0.running -= 1 }
            if isRefused { return .json(Self.secondary, status: 403) }
            return request.method == .get
                ? .json(#"{"id":1,"full_name":"octo/app"}"#) : .json("{}", status: 201)
        }
        // One change a second makes the last wait longer than usual.
        let client = GitHubClient(
            try GitHubRig.settings(), tokens: FixedToken(try GitHubRig.token()), transport: transport,
            clock: GitHubRig.clock(time))
        let told = ToldLines()
        try await withThrowingTaskGroup { group in
            for number in 0..<200 {
                group.addTask {
                    try await RemoteWork.$current.withValue(RemoteWork(say: told.say)) {
                        for step in 0..<2 {
                            _ = try await client.repository(Self.repository(number))
                            try await client.createBranch("b\(number)-\(step)", at: "a", in: GitHubRig.repository)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        expectEqual(meter.withLock { $0.refusals }, 0)
        expectEqual(transport.requests.count, 800)
        #expect(told.all.contains { $0.hasPrefix("GitHub allows one change a second: ") })
    }

    @Test("cancelling ends a call that waits for a limit")
    func cancelledWait() async throws {
        let clock = ManualClock()
        let transport = ScriptedTransport([.json(Self.secondary, status: 429)])
        let client = GitHubClient(
            try GitHubRig.settings(), tokens: FixedToken(nil), transport: transport,
            clock: GitHubClock(ModelClock(clock)) { GitHubRig.start * 1_000 })
        await withThrowingTaskGroup { group in
            group.addTask { _ = try await client.signIn() }
            await clock.sleepers(1)
            group.cancelAll()
            await #expect(throws: CancellationError.self) { try await group.next() }
        }
        expectEqual(transport.requests.count, 1)
    }

    @Test("cancelling ends a call that waits for its turn, and the others continue")
    func cancelledQueue() async throws {
        let queue = GitHubQueue(limit: 1, maximumWaiting: 10)
        try await queue.enter()
        let order = Protected<[Int]>([])
        try await withThrowingTaskGroup { group in
            for number in 1...3 {
                group.addTask {
                    do {
                        try await queue.enter()
                        order.withLock { $0.append(number) }
                        queue.leave()
                    } catch {
                        order.withLock { $0.append(-number) }
                    }
                }
                try await eventually("caller \(number) waits") { queue.waiting >= number }
            }
            queue.leave()
            try await group.waitForAll()
        }
        expectEqual(order.withLock { $0 }, [1, 2, 3])
        try await queue.enter()
        let waiter = Task { try await queue.enter() }
        try await eventually("the caller waits") { queue.waiting >= 1 }
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        expectEqual(queue.waiting, 0)
        queue.leave()
        try await queue.enter()
    }

    @Test("too many waiting calls are refused")
    func busy() async throws {
        let queue = GitHubQueue(limit: 0, maximumWaiting: 0)
        await #expect(throws: GitHubError.self) { try await queue.enter() }
    }
}
