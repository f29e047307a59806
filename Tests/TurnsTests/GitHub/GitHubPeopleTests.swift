import Copilot
import Crypto
import GitHub
import HTTP
import JSON
import Lifecycle
import Logging
import Models
import People
import Primitives
import Store
import TestSupport
import Testing

@testable import Turns

@Suite("People's own sign-ins to GitHub", .timeLimit(.minutes(1)))
struct GitHubPeopleTests {
    /// GitHub's device flow, and `GET /user` beside it.
    private struct Transport: ModelTransport {
        let github: LoopbackGitHub
        let scopes = Protected<[String]>([])
        /// What was posted for tokens.
        let forms = Protected<[HTTPQuery]>([])
        /// The status of `/user`.
        let userStatus = Protected(200)

        func send(_ request: TransportRequest) async throws -> TransportResponse {
            if request.url.path == "/login/device/code" {
                let form = HTTPQuery(parsing: String(decoding: request.body ?? [], as: UTF8.self))
                self.scopes.withLock { $0.append(form["scope"] ?? "") }
            }
            if request.url.path == "/login/oauth/access_token" {
                let form = HTTPQuery(parsing: String(decoding: request.body ?? [], as: UTF8.self))
                self.forms.withLock { $0.append(form) }
            }
            guard request.url.path == "/user" else { return try await self.github.transport.send(request) }
            let body = Protected<[UInt8]?>(Array(#"{"login":"octocat"}"#.utf8))
            return TransportResponse(status: self.userStatus.withLock { $0 }, headers: HTTPHeaders()) {
                body.withLock { $0.take() }
            }
        }
    }

    private struct Scene {
        let directory: TemporaryDirectory
        let clock: ManualClock
        let github: LoopbackGitHub
        let transport: Transport
        let people: GitHubPeople
        let threads: GitHubScene

        var folder: String { self.directory.path + "/github/people" }

        func file(of person: String = "fake:one/alice") -> PrivateFile.Contents? {
            PrivateFile.read("\(self.folder)/\(hex(sha256(person))).json")
        }

        /// Waits until the bot has posted a line that contains `text`.
        func wait(for text: String) async throws {
            try await eventually("the bot has posted \(text)") {
                self.threads.adapter.texts.contains { $0.contains(text) }
            }
        }

        /// Signs alice in.
        func signIn(approving isApproved: Bool = true) async throws {
            let answer = try await self.threads.answer(to: "!login")
            let code = try #require(answer.split(separator: "`").dropFirst().first.map(String.init))
            if isApproved { self.github.approve(code) } else { self.github.deny(code) }
            await self.clock.sleepers(1)
            self.clock.advance(by: .seconds(6))
        }
    }

    private static func scene(
        directory: TemporaryDirectory? = nil, clientID: String? = nil, github url: String = "http://127.0.0.1:9",
        change: (inout LoopbackGitHub.Settings) -> Void = { _ in }
    ) async throws -> Scene {
        let directory = try directory ?? TemporaryDirectory()
        let clock = ManualClock()
        let now: @Sendable () -> Double = {
            Double(GitHubScene.start) / 1_000 + clock.now.offset / .seconds(1)
        }
        var settings = LoopbackGitHub.Settings()
        settings.now = now
        change(&settings)
        let github = LoopbackGitHub(settings)
        let transport = Transport(github: github)
        let address = try HTTPURL(url)
        var people: GitHubPeople?
        let threads = try await GitHubScene(directory: directory, clock: clock) { posts in
            var signIn = SignInSettings(
                githubURL: address, apiURL: address, clientID: clientID,
                folder: directory.path + "/github/people", userAgent: "test")
            signIn.clientSecrets = ["Iv1.page": Secret("s3cret")]
            people = GitHubPeople(
                settings: signIn,
                transport: transport, posts: posts, clock: ModelClock(clock), now: now, logger: .silent)
            return people
        }
        return Scene(
            directory: directory, clock: clock, github: github, transport: transport, people: try #require(people),
            threads: threads)
    }

    @Test(
        "the code is answered at once, the thread shows the result, and the token is stored for this person only")
    func signedIn() async throws {
        let scene = try await Self.scene()
        try await scene.signIn()
        try await scene.wait(for: "Signed in to GitHub as `octocat`; your commits")
        expectEqual(scene.transport.scopes.withLock { $0 }, ["repo workflow"])
        let token = try #require(try await scene.people.token(of: "fake:one/alice"))
        expectEqual(token.kind, .oauthApp)
        try await expectEqual(scene.people.token(of: "fake:one/bob"), nil)
        await expectEqual(scene.people.login(of: "fake:one/alice"), "octocat")
        let file = try #require(scene.file())
        #expect(!file.isOpenToOthers && String(decoding: file.bytes, as: UTF8.self).contains(token.value.reveal()))
        let whoami = try await scene.threads.answer(to: "!whoami")
        #expect(whoami.contains("GitHub: signed in as `octocat` (\(token.masked))"))
        #expect(!whoami.contains(token.value.reveal()))
        #expect(try await scene.threads.answer(to: "!logout").hasPrefix("Signed out"))
        expectEqual(scene.file(), nil)
        try await expectEqual(scene.people.token(of: "fake:one/alice"), nil)
    }

    @Test("the token of a sign-in on the page is kept, renewed with the app's secret, and its end is no thread's news")
    func page() async throws {
        let scene = try await Self.scene()
        let token = "ghu_" + String(repeating: "A", count: 36)
        try await scene.people.keep(
            DeviceGrant(token: Secret(token), refreshToken: Secret("ghr_1"), expiresIn: 28_800), of: "github:octocat",
            login: "octocat", clientID: "Iv1.page")
        try await expectEqual(scene.people.token(of: "github:octocat")?.value.reveal(), token)
        await expectEqual(scene.people.login(of: "github:octocat"), "octocat")
        expectEqual(scene.file(of: "github:octocat")?.isOpenToOthers, false)
        // Nothing else would say which organisations the person belongs to.
        guard case .failed(let text) = await scene.people.invite("github:octocat") else {
            Issue.record("another sign-in was begun")
            return
        }
        #expect(text.contains("signed in to this page with GitHub"))
        scene.clock.advance(by: .seconds(28_700))
        let posts = scene.threads.adapter.texts.count
        await #expect(throws: GitHubError.self) { _ = try await scene.people.token(of: "github:octocat") }
        let form = try #require(scene.transport.forms.withLock { $0.last })
        #expect(
            form["client_id"] == "Iv1.page" && form["client_secret"] == "s3cret" && form["refresh_token"] == "ghr_1")
        #expect(scene.file(of: "github:octocat") == nil && scene.threads.adapter.texts.count == posts)
    }

    @Test("a denial and an expiry are reported, and nothing is stored")
    func refused() async throws {
        let scene = try await Self.scene { $0.codeLife = 20 }
        try await scene.signIn(approving: false)
        try await scene.wait(for: "The sign-in was denied at GitHub. `!login` asks again.")
        _ = try await scene.threads.answer(to: "!login")
        for _ in 1...4 {
            await scene.clock.sleepers(1)
            scene.clock.advance(by: .seconds(6))
        }
        try await scene.wait(for: "The code expired before it was entered at GitHub. `!login` gives you another.")
        expectEqual(scene.file(), nil)
        try await expectEqual(scene.threads.store.read { ledger in try ledger.gitHubSignIns() }, [])
    }

    @Test("a second `login` replaces the first, and `logout` ends a waiting one")
    func replaced() async throws {
        let scene = try await Self.scene()
        _ = try await scene.threads.answer(to: "!login")
        await scene.clock.sleepers(1)
        try await scene.signIn()
        try await scene.wait(for: "Signed in to GitHub as `octocat`")
        try await scene.threads.settle()
        expectEqual(scene.threads.adapter.posts.count { $0.text.hasPrefix("Signed in") }, 1)
        _ = try await scene.threads.answer(to: "!login")
        #expect(try await scene.threads.answer(to: "!logout").hasPrefix("Signed out"))
        try await expectEqual(scene.threads.store.read { ledger in try ledger.gitHubSignIns() }, [])
    }

    private static let over =
        "Your sign-in at GitHub is no longer valid. Write `!login` to sign in again, or `!logout` to work with the host's "
        + "account."

    @Test("a refused token is dropped with exactly one line")
    func dropped() async throws {
        let scene = try await Self.scene()
        try await scene.signIn()
        try await scene.wait(for: "Signed in")
        try await scene.threads.settle()
        scene.threads.adapter.forgetPosts()
        let token = try #require(try await scene.people.token(of: "fake:one/alice"))
        let other = try Copilot.GitHubToken("ghp_" + String(repeating: "x", count: 36))
        #expect(await !scene.people.refused(other))
        let people = scene.people
        await withTaskGroup(of: Void.self) { group in
            for _ in 1...4 { group.addTask { _ = await people.refused(token) } }
        }
        try await scene.threads.settle()
        expectEqual(scene.threads.adapter.texts, [Self.over])
        // Work must not go on with the host's account unnoticed.
        let error = await #expect(throws: GitHubError.self) { try await people.token(of: "fake:one/alice") }
        expectEqual(error?.code, .unauthorized)
        expectEqual(error?.message.hasPrefix("Your sign-in at GitHub is no longer valid. Write `login`"), true)
        expectEqual(scene.file(), nil)
        _ = await people.refused(token)
        #expect(try await scene.threads.answer(to: "!logout").hasPrefix("Signed out"))
        try await expectEqual(people.token(of: "fake:one/alice"), nil)
    }

    @Test("after a refusal the person signs in again and works with the new token")
    func signedInAgain() async throws {
        let scene = try await Self.scene()
        try await scene.signIn()
        try await scene.wait(for: "Signed in")
        let old = try #require(try await scene.people.token(of: "fake:one/alice"))
        _ = await scene.people.refused(old)
        await #expect(throws: GitHubError.self) { try await scene.people.token(of: "fake:one/alice") }
        try await scene.threads.settle()
        scene.threads.adapter.forgetPosts()
        try await scene.signIn()
        try await scene.wait(for: "Signed in")
        let new = try #require(try await scene.people.token(of: "fake:one/alice"))
        #expect(new != old)
    }

    @Test("an expiring token is renewed once for all callers; a refused renewal drops it")
    func renewed() async throws {
        let scene = try await Self.scene {
            $0.signInLife = 28_800
            $0.approvesAtOnce = true
        }
        try await scene.signIn()
        try await scene.wait(for: "Signed in")
        try await scene.threads.settle()
        scene.threads.adapter.forgetPosts()
        let people = scene.people
        let first = try #require(try await people.token(of: "fake:one/alice"))
        scene.clock.advance(by: .seconds(28_600))
        let tokens = try await withThrowingTaskGroup(of: Copilot.GitHubToken?.self) { group in
            for _ in 1...4 { group.addTask { try await people.token(of: "fake:one/alice") } }
            return try await group.reduce(into: Set<Copilot.GitHubToken?>()) { $0.insert($1) }
        }
        #expect(tokens.count == 1 && tokens.first != first && tokens.first != .some(nil))
        expectEqual(scene.github.count(.accessToken), 2)
        scene.clock.advance(by: .seconds(28_700))
        scene.github.inject(.webPage, at: .accessToken)
        // Still valid, so GitHub's failure does not matter yet.
        try await expectEqual(people.token(of: "fake:one/alice"), tokens.first)
        scene.github.inject(.answer(status: 200, body: #"{"error":"bad_refresh_token"}"#), at: .accessToken)
        await #expect(throws: GitHubError.self) { try await people.token(of: "fake:one/alice") }
        try await scene.threads.settle()
        expectEqual(scene.threads.adapter.texts, [Self.over])
    }

    @Test("after a restart, a waiting sign-in is forgotten, and said so once")
    func restart() async throws {
        let directory = try TemporaryDirectory()
        let first = try await Self.scene(directory: directory)
        _ = try await first.threads.answer(to: "!login")
        async let running: Void = first.people.run()
        await first.people.stop()
        try await running
        await first.threads.close()
        for expected in [1, 0] {
            let next = try await Self.scene(directory: directory)
            async let again: Void = next.people.run()
            if expected == 1 { try await next.wait(for: "The host was restarted before GitHub had accepted your code") }
            await next.people.stop()
            try await again
            try await next.threads.settle()
            expectEqual(next.threads.adapter.posts.count, expected)
            await next.threads.close()
        }
    }

    @Test("a crash between the stored token and the line about it loses neither")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let scene = try await Self.scene(directory: directory)
        let session = try await scene.threads.session()
        let files = PersonFiles(folder: scene.folder)
        try await files.write(
            PersonAccount(
                person: "fake:one/alice", login: "octocat", token: Secret("gho_" + String(repeating: "a", count: 36)),
                renewal: nil, session: session, signIn: "l_1"))
        try await scene.threads.store.write { ledger in
            try ledger.insert(PersonSignIn(id: "l_1", person: "fake:one/alice", session: session), at: 1)
        }
        async let running: Void = scene.people.run()
        try await scene.wait(for: "Signed in to GitHub as `octocat`")
        await scene.people.stop()
        try await running
    }

    @Test("without an app, or without encryption, nobody is sent a code")
    func impossible() async throws {
        let plain = try await Self.scene(github: "http://github.example")
        #expect(try await plain.threads.answer(to: "!login").contains("must begin with https://"))
        let none = try await Self.scene(github: "https://github.example")
        #expect(try await none.threads.answer(to: "!login").contains("`github.client_id`"))
        let unknown = try await Self.scene(clientID: "Iv1.x") { $0.clientIDs = [] }
        let text = try await unknown.threads.answer(to: "!login")
        #expect(text.contains("set github.client_id to that of an app at this GitHub"), "\(text)")
        let down = try await Self.scene()
        down.github.inject(.webPage, at: .deviceCode, times: 3)
        async let answer = down.threads.answer(to: "!login")
        for _ in 1...2 {
            await down.clock.sleepers(1)
            down.clock.advance(by: .seconds(4))
        }
        #expect(try await answer.hasPrefix("GitHub cannot be reached"))
    }

    @Test("a file that is not the person's own is not used")
    func foreign() async throws {
        let scene = try await Self.scene()
        let files = PersonFiles(folder: scene.folder)
        try await files.write(
            PersonAccount(
                person: "fake:one/bob", login: nil, token: Secret("gho_x"), renewal: nil, session: "t", signIn: "l"))
        let bytes = try #require(scene.file(of: "fake:one/bob")).bytes
        try PrivateFile.write(bytes, to: "\(scene.folder)/\(hex(sha256("fake:one/alice"))).json")
        try await expectEqual(scene.people.token(of: "fake:one/alice"), nil)
    }
}
