import HTTP
import JSON
import Lifecycle
import Models
import Primitives
import TestSupport
import Testing

@testable import Copilot

@Suite("Copilot account", .timeLimit(.minutes(1)))
struct CopilotAccountTests {
    @Test("one exchange serves simultaneous and later requests")
    func singleFlight() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let tokens = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await account.token().value.reveal() } }
            var tokens: Set<String> = []
            for try await token in group { tokens.insert(token) }
            return tokens
        }
        expectEqual(tokens.count, 1)
        expectEqual(github.count(.copilotToken), 1)
        time.clock.advance(by: .seconds(1_400))
        #expect(github.isLive(token: try await account.token().value.reveal()))
        expectEqual(github.count(.copilotToken), 1)
        await account.close()
    }

    @Test("the token has the response's address and plan, and the exchange has its headers")
    func answer() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let token = try await account.token()
        expectEqual(token.apiURL.description, "http://127.0.0.1:9/")
        expectEqual(token.expiresAt, Int64(AccountTime.start) + 1_800)
        expectEqual(token.sku, "monthly_subscriber_quota")
        let headers = github.lastHeaders(.copilotToken)
        expectEqual(headers?["Authorization"], "token \(Accounts.signIn)")
        expectEqual(headers?["User-Agent"], "jetbridge/0.0.0")
        await account.close()
    }

    @Test("cancelling a request ends only its own wait for the exchange")
    func cancelledWaiter() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        github.inject(.answer(status: 500, body: ""), at: .copilotToken)
        let account = try accounts.account(github, time.account)
        let leaving = Task { try await account.token() }
        async let staying = account.token()
        await time.clock.sleepers(1)
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        time.clock.advance(by: .seconds(1))
        #expect(github.isLive(token: try await staying.value.reveal()))
        await account.close()
    }

    @Test("tokens that live 30 seconds serve requests for minutes, each exchanged once and in time")
    func shortLife() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 30, refreshIn: 1_500)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        for _ in 0..<300 {
            #expect(github.isLive(token: try await account.token().value.reveal()))
            await account.settled()
            time.clock.advance(by: .seconds(1))
        }
        // At 0, and whenever 22.5 of the 30 seconds have passed.
        expectEqual(github.count(.copilotToken), 14)
        await account.close()
    }

    @Test("a token from before a restart is used by the wall clock, until it expires")
    func restart() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        _ = try await accounts.account(github, time.account).token()
        time.restart()
        time.clock.advance(by: .seconds(600))
        _ = try await accounts.account(github, time.account).token()
        expectEqual(github.count(.copilotToken), 1)
        time.restart()
        time.clock.advance(by: .seconds(2_000))
        _ = try await accounts.account(github, time.account).token()
        expectEqual(github.count(.copilotToken), 2)
    }

    @Test("a jump of the wall clock causes exactly one exchange", arguments: [-7_200.0, 7_200.0])
    func clockJump(by seconds: Double) async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        _ = try await account.token()
        time.setWall(by: seconds)
        for _ in 0..<20 { _ = try await account.token() }
        await account.settled()
        _ = try await account.token()
        expectEqual(github.count(.copilotToken), 2)
        await account.close()
    }

    @Test("while GitHub hangs, requests use the old token at once, until it expires")
    func hangingGitHub() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let first = try await account.token()
        github.inject(.hang, at: .copilotToken)
        for seconds in [1_700, 60, 30] {
            time.clock.advance(by: .seconds(seconds))
            // None waits for the exchange, which one of them has begun.
            for _ in 0..<3 { try await expectEqual(account.token(), first) }
        }
        try await eventually("the second exchange has begun") { github.count(.copilotToken) >= 2 }
        time.clock.advance(by: .seconds(6))
        let waiting = Task { try await account.token() }
        await account.close()
        await #expect(throws: (any Error).self) { try await waiting.value }
        expectEqual(github.count(.copilotToken), 2)
    }

    @Test("an exchange that another process holds for a minute is reported without its id and a path")
    func lockedOut() async throws {
        let accounts = try Accounts()
        try PrivateFile.makeFolder(accounts.folder)
        let holder = ProcessIdentity.current
        try PrivateFile.write(
            Array("\(holder.pid) \(holder.startTime) \(holder.bootID) 1\n".utf8), to: accounts.lockPath)
        let time = AccountTime()
        let account = try accounts.account(time.github(tokenLife: 1_800), time.account)
        let waiting = Task { try await account.token() }
        for _ in 0..<60 {
            await time.clock.sleepers(1)
            time.clock.advance(by: .seconds(1))
        }
        let error = await #expect(throws: ModelError.self) { try await waiting.value }
        // The log names the process and the file; a thread must not.
        expectEqual(error?.message.hasPrefix("Another process on the host's machine has been exchanging"), true)
        #expect(error?.message.contains("\(holder.pid)") == false && error?.message.contains("token.lock") == false)
        expectEqual(error?.message.contains(accounts.home.path), false)
        await account.close()
    }

    @Test("a revoked sign-in says what to do, is tried once, and again when the files change")
    func revoked() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        let account = try accounts.account(github, time.account)
        for _ in 0..<20 {
            let error = await #expect(throws: ModelError.self) { try await account.token() }
            #expect(error?.code == .unauthorized && error?.status == 401)
            expectEqual(error?.message.contains("jetbridge login"), true)
            // It appears in threads, where nobody may see paths of this machine.
            expectEqual(error?.message.contains(accounts.home.path), false)
        }
        expectEqual(github.count(.copilotToken), 1)
        let renewed = "ghu_RENEWED0000000000000000000000000000x"
        github.addAccount(renewed)
        try accounts.plant(renewed)
        _ = try await account.token()
        expectEqual(github.exchanges.map(\.signIn), [renewed])
        await account.close()
    }

    @Test("an expiry beyond all sense is an answer that cannot be read", arguments: ["1e300", "-5"])
    func absurdExpiry(_ expiry: String) async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let body = #"{"token":"tid=x","expires_at":\#(expiry),"endpoints":{"api":"https://api.githubcopilot.com"}}"#
        github.inject(.answer(status: 200, body: body), at: .copilotToken)
        let account = try accounts.account(github, time.account)
        async let token = account.token()
        await time.clock.sleepers(1)
        time.clock.advance(by: .seconds(1))
        #expect(github.isLive(token: try await token.value.reveal()))
        await account.close()
        let answer: JSON = ["access_token": "a", "refresh_token": "r", "expires_in": 1e300]
        let grant = DeviceGrant(answer)
        expectEqual(grant?.renewal(clientID: "c", now: 1_000)?.expiresAt, 1_000_001_000)
    }

    @Test("a temporary failure resolves itself and keeps a token that is still valid")
    func passingFailure() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let first = try await account.token()
        time.clock.advance(by: .seconds(1_700))
        github.inject(.webPage, at: .copilotToken, times: 3)
        try await expectEqual(account.token(), first)
        for _ in 0..<2 {
            await time.clock.sleepers(1)
            time.clock.advance(by: .seconds(1))
        }
        await account.settled()
        try await expectEqual(account.token(), first)
        expectEqual(github.count(.copilotToken), 4)
        time.clock.advance(by: .seconds(2))
        try await expectEqual(account.token(), first)
        await account.settled()
        #expect(try await account.token() != first)
        await account.close()
    }

    @Test(
        "a rejected token is replaced at once, an old one's rejection is ignored, and repeated rejections back off"
    )
    func rejection() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let first = try await account.token()
        await account.reject(first)
        let second = try await account.token()
        #expect(second.value != first.value)
        await account.reject(first)
        try await expectEqual(account.token(), second)
        await account.reject(second)
        await account.reject(try await account.token())
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        expectEqual(error?.message.contains("copilot.integration_id"), true)
        expectEqual(github.count(.copilotToken), 3)
        await account.close()
    }

    @Test("without a sign-in the error says what to do in one sentence")
    func signedOut() async throws {
        let accounts = try Accounts(signIn: nil)
        let time = AccountTime()
        let account = try accounts.account(time.github(tokenLife: 30), time.account)
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        expectEqual(error?.message.contains("run 'jetbridge login'"), true)
        await account.close()
    }

    @Test("the next sign-in is tried when one gets no token, but not in place of a chosen one")
    func severalSignIns() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 1_800)
        github.addAccount(Accounts.signIn)
        let general = try accounts.account(
            github, time.account,
            environment: ["GH_TOKEN": "gho_OLD", "GITHUB_TOKEN": "ghp_CLASSIC"])
        _ = try await general.token()
        expectEqual(github.count(.copilotToken), 2)
        try PrivateFile.remove(accounts.tokenPath)
        let named = try accounts.account(
            github, time.account, environment: ["COPILOT_GITHUB_TOKEN": "ghp_CLASSIC"])
        let error = await #expect(throws: ModelError.self) { try await named.token() }
        expectEqual(error?.message.contains("COPILOT_GITHUB_TOKEN"), true)
        expectEqual(error?.message.contains("classic tokens (ghp_)"), true)
        expectEqual(github.count(.copilotToken), 2)
    }

    @Test("no log line, error or printed account contains a secret")
    func secrets() async throws {
        let accounts = try Accounts()
        let time = AccountTime()
        let github = time.github(tokenLife: 30)
        github.addAccount(Accounts.signIn)
        let account = try accounts.account(github, time.account)
        let token = try await account.token()
        time.clock.advance(by: .seconds(60))
        github.inject(
            .answer(status: 403, body: #"{"message":"\#(Accounts.signIn) is bad"}"#), at: .copilotToken)
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        var printed = "\(String(describing: error)) \(token) \(accounts.log.withLock { $0 })"
        dump(token, to: &printed)
        dump(try accounts.discovery().findings(), to: &printed)
        #expect(printed.contains("a new Copilot token"))
        #expect(!printed.contains(Accounts.signIn) && !printed.contains("tid="))
        await account.close()
    }
}
