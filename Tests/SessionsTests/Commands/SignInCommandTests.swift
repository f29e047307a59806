import Chat
import Database
import Etiquette
import Primitives
import Store
import TestSupport
import Testing

@testable import People
@testable import Sessions

@Suite("Signing in to GitHub", .timeLimit(.minutes(1)))
struct SignInCommandTests {
    private final class Accounts: PersonalAccounts {
        let waits = Protected<[PersonSignIn]>([])
        let summaries = Protected<[String: String]>([:])
        let failure = Protected<String?>(nil)
        let tokensPage = "https://github.com/settings/tokens"

        func invite(_ person: String) async -> SignInInvitation {
            if let failure = self.failure.withLock({ $0 }) { return .failed(failure) }
            return .code(
                id: "l_\(person)", code: "WDJB-MJHT", address: "https://github.com/login/device",
                lifetime: .seconds(899))
        }

        func wait(for signIn: PersonSignIn) async { self.waits.withLock { $0.append(signIn) } }

        func signOut(_ person: String) async throws -> Bool {
            self.summaries.withLock { $0.removeValue(forKey: person) } != nil
        }

        func summary(of person: String) async -> String? { self.summaries.withLock { $0[person] } }
    }

    private let accounts = Accounts()
    private static let traits = RoomTraits(textLimit: 4_000, textUnit: .bytes, isMultiline: true)

    private func harness(hasAccounts: Bool = true) async throws -> BridgeHarness {
        try await BridgeHarness(
            traits: Self.traits, accounts: hasAccounts ? self.accounts : nil,
            policy: AccessPolicy(owners: ["fake:one/alice"], guests: ["fake:one/gina"]))
    }

    private func answer(_ harness: BridgeHarness, _ text: String, direct: Bool = true, from: String = "alice")
        async throws -> String
    {
        try await harness.settle()
        harness.adapter.forgetPosts()
        try await harness.adapter.say(text, from: from, in: direct ? from : "#team", isDirect: direct)
        try await harness.settle()
        return harness.adapter.texts.joined(separator: "\n")
    }

    @Test("`login` answers with a code, and the wait begins once that is stored")
    func code() async throws {
        let harness = try await self.harness()
        let text = try await self.answer(harness, "!login")
        expectEqual(
            text,
            "Open https://github.com/login/device and enter the code `WDJB-MJHT`. It is valid for 14 minutes; "
                + "I will report here when GitHub has accepted it.")
        let stored = try await harness.bridge.store.read { ledger in try ledger.gitHubSignIns() }
        // The wait begins beside the answer.
        try await eventually("the sign-in waits") { self.accounts.waits.withLock { !$0.isEmpty } }
        #expect(stored.map(\.person) == ["fake:one/alice"] && stored == self.accounts.waits.withLock { $0 })
        let again = try await harness.bridge.store.write { ledger in
            (try ledger.endGitHubSignIn(stored[0].id), try ledger.endGitHubSignIn(stored[0].id))
        }
        #expect(again == (true, false))
    }

    @Test("elsewhere than in a direct message, one line says where to write it; guests may not")
    func places() async throws {
        let harness = try await self.harness()
        for name in ["login", "logout"] {
            let text = try await self.answer(harness, "!\(name)", direct: false)
            #expect(text.contains("Write `!\(name)` to me in a direct message."))
            #expect(try await self.answer(harness, "!\(name)", from: "gina").contains("needs the role member"))
        }
        #expect(self.accounts.waits.withLock { $0.isEmpty })
        let none = try await self.harness(hasAccounts: false)
        #expect(try await self.answer(none, "!login").hasPrefix("Nobody can sign in to GitHub here"))
        self.accounts.failure.withLock { $0 = "GitHub cannot be reached; `login` again later." }
        try await expectEqual(self.answer(harness, "!login"), "GitHub cannot be reached; `!login` again later.")
    }

    @Test("`whoami` and `status` show the account in a direct message only; `logout` forgets it")
    func shown() async throws {
        let harness = try await self.harness()
        #expect(try await self.answer(harness, "!whoami").hasSuffix(" GitHub: not signed in."))
        self.accounts.summaries.withLock { $0["fake:one/alice"] = "signed in as `mona` (gho_…xyz)" }
        #expect(try await self.answer(harness, "!whoami").hasSuffix(" GitHub: signed in as `mona` (gho_…xyz)."))
        #expect(try await self.answer(harness, "!status").contains("- GitHub: signed in as `mona` (gho_…xyz)"))
        #expect(try await !self.answer(harness, "!whoami", direct: false).contains("GitHub"))
        #expect(try await !self.answer(harness, "!status", direct: false).contains("GitHub"))
        #expect(try await !self.answer(harness, "!whoami", from: "gina").contains("GitHub"))
        #expect(try await self.answer(harness, "!logout").hasPrefix("Signed out: "))
        try await expectEqual(self.answer(harness, "!logout"), "You are not signed in to GitHub.")
    }

    @Test(
        "a token in a message is refused and stored nowhere",
        arguments: [
            "!login ghp_SECRETSECRETSECRETSECRETSECRETSECRET12", "!LOGIN SECRETSECRET", "login gho_SECRETSECRET",
            "Login: github_pat_SECRETSECRET please", "login with \"ghu_SECRETSECRET\"",
            "login 5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e7abcd",
        ])
    func token(_ text: String) async throws {
        let harness = try await self.harness()
        for isDirect in [true, false] {
            let answer = try await self.answer(harness, text, direct: isDirect)
            #expect(answer.contains("Revoke it at https://github.com/settings/tokens now"), "\(answer)")
        }
        #expect(self.accounts.waits.withLock { $0.isEmpty })
        try await harness.adapter.say("wait", message: "m1")
        try await harness.adapter.edit("m1", to: text)
        try await harness.settle()
        let secrets = ["SECRET", "5ec2e7"]
        let tables = ["inbox": "body", "messages": "text", "outbox": "text", "frames": "content", "turns": "text"]
        for (table, column) in tables {
            let rows = try await harness.bridge.store.read { ledger in
                try ledger.connection.query("SELECT \(column) AS t FROM \(table)", []).map { $0["t"].text ?? "" }
            }
            #expect(!rows.contains { row in secrets.contains { row.contains($0) } }, "\(table): \(rows)")
        }
    }

    @Test(
        "other texts with the word stay as they are",
        arguments: ["login", "How does login work?", "login page is down"])
    func words(_ text: String) {
        expectEqual(SignInWords.cleaned(text, sign: "!"), nil)
    }
}
