import Copilot
import HTTP
import Lifecycle
import Models
import Primitives
import TestSupport
import Testing

/// Sign-ins whose own tokens expire after a few hours.
@Suite("Sign-in: renewal", .timeLimit(.minutes(1)))
struct RenewalTests {
    private func signedIn(_ accounts: Accounts, _ time: AccountTime) async throws -> LoopbackGitHub {
        var settings = LoopbackGitHub.Settings()
        settings.signInLife = 28_800
        settings.approvesAtOnce = true
        settings.now = { time.seconds }
        let github = LoopbackGitHub(settings)
        let signIn = DeviceSignIn(
            try accounts.settings(), clientID: "client", transport: github.transport, clock: ModelClock(time.clock)
        ) { _ in }
        async let pending = signIn()
        await time.clock.sleepers(1)
        time.clock.advance(by: .seconds(6))
        let grant = try await pending
        try LoginStore.save(
            StoredLogin(
                host: "github.com", token: grant.token, renewal: grant.renewal(clientID: "client", now: time.seconds)),
            try accounts.settings())
        return github
    }

    @Test("a sign-in that is about to expire is renewed before the exchange, once for all processes")
    func renews() async throws {
        let accounts = try Accounts(signIn: nil)
        let time = AccountTime()
        let github = try await self.signedIn(accounts, time)
        let all = try (0..<3).map { _ in try accounts.account(github, time.account) }
        for account in all { _ = try await account.token() }
        #expect(github.count(.accessToken) == 1 && github.count(.copilotToken) == 1)
        time.clock.advance(by: .seconds(28_700))
        try await time.moving {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for account in all { group.addTask { _ = try await account.token() } }
                try await group.waitForAll()
            }
        }
        #expect(github.count(.accessToken) == 2 && github.count(.copilotToken) == 2)
        expectEqual(Set(github.exchanges.map(\.signIn)).count, 2)
        let file = try #require(PrivateFile.read("\(accounts.folder)/login.json"))
        #expect(!file.isOpenToOthers)
    }

    @Test("a logout waits for a renewal that has begun, so that its result does not stay")
    func logout() async throws {
        let accounts = try Accounts(signIn: nil)
        let time = AccountTime()
        _ = try await self.signedIn(accounts, time)
        let settings = try accounts.settings()
        let path = "\(accounts.folder)/login.json"
        let renewed = try #require(PrivateFile.read(path)).bytes
        let lock = try LockFile.take("\(accounts.folder)/token.lock")
        async let wasThere = LoginStore.forget(settings)
        try await Task.sleep(for: .milliseconds(300))
        try PrivateFile.write(renewed, to: path)
        _ = consume lock
        #expect(try await wasThere)
        expectEqual(PrivateFile.read(path), nil)
    }

    @Test("a refused renewal says to sign in again")
    func refused() async throws {
        let accounts = try Accounts(signIn: nil)
        let time = AccountTime()
        let github = try await self.signedIn(accounts, time)
        time.clock.advance(by: .seconds(28_700))
        github.inject(
            .answer(status: 200, body: #"{"error":"bad_refresh_token","error_description":"It has ended."}"#),
            at: .accessToken)
        let account = try accounts.account(github, time.account)
        let error = await #expect(throws: ModelError.self) { try await account.token() }
        expectEqual(error?.message, "GitHub no longer renews the sign-in; run 'jetbridge login' again.")
    }
}
