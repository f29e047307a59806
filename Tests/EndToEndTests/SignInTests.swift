import EventLoop
import JSON
import Lifecycle
import Processes
import TestSupport
import Testing

/// Signing in to Copilot with the real program, as people and several processes at once do it.
@Suite("Signing in", .timeLimit(.minutes(1)))
struct SignInTests {
    private static let signIn = "ghu_PLANTED0000000000000000000000000000x"

    /// A home directory with a configuration for this GitHub.
    private func home(_ github: LoopbackGitHub, signIn: String? = nil) throws -> TemporaryDirectory {
        let home = try TemporaryDirectory()
        let configuration = """
            model: {provider: copilot}
            copilot: {github_url: "\(github.url)", api_url: "\(github.url)"}
            """
        try PrivateFile.write(Array(configuration.utf8), to: "\(home.path)/jetbridge.yaml")
        if let signIn { try LoopbackSubscription.plantSignIn(signIn, below: home) }
        return home
    }

    private func run(
        _ home: TemporaryDirectory, _ arguments: String..., environment: [String: String] = [:]
    ) async throws -> Process.Result {
        let place = ["--config", "\(home.path)/jetbridge.yaml", "--data-dir", "\(home.path)/data"]
        return try await HostProcess.run(arguments + place, in: home.path, environment: environment)
    }

    /// The line of `doctor` about the token exchange.
    private func copilotLine(_ result: Process.Result) -> String {
        result.text.split(separator: "\n").first { $0.contains(" copilot: ") }.map(String.init) ?? result.errorText
    }

    @Test("ten processes at once make one exchange")
    func tenProcesses() async throws {
        let github = try await LoopbackGitHub.started()
        github.addAccount(Self.signIn)
        // Long enough for all processes to wait for the same exchange.
        github.inject(.delay(1), at: .copilotToken)
        let home = try self.home(github, signIn: Self.signIn)
        let lines = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 { group.addTask { try await self.copilotLine(self.run(home, "doctor")) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for line in lines { #expect(line.hasPrefix("ok") && line.contains("GitHub issues tokens"), "\(line)") }
        expectEqual(github.count(.copilotToken), 1)
        #expect(PrivateFile.Stamp(of: "\(home.path)/data/copilot/token.lock").isAbsent)
        await github.stop()
    }

    @Test("a process killed in mid-exchange does not delay the next one")
    func killed() async throws {
        let github = try await LoopbackGitHub.started()
        github.addAccount(Self.signIn)
        github.inject(.hang, at: .copilotToken)
        let home = try self.home(github, signIn: Self.signIn)
        let lock = "\(home.path)/data/copilot/token.lock"
        try await self.killInMidExchange(home, github)
        let owner = try #require(LockFile.holder(of: lock))
        #expect(!owner.isAlive)
        let start = ContinuousClock.now
        #expect(self.copilotLine(try await self.run(home, "doctor")).hasPrefix("ok"))
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(github.exchanges.count == 1 && PrivateFile.Stamp(of: lock).isAbsent)
        await github.stop()
    }

    @Net private func killInMidExchange(_ home: TemporaryDirectory, _ github: LoopbackGitHub) async throws {
        let process = try Process.spawn(
            ProcessPlan(
                HostProcess.executable,
                ["doctor", "--config", "\(home.path)/jetbridge.yaml", "--data-dir", "\(home.path)/data"],
                environment: ["HOME": home.path, "PATH": "/usr/bin:/bin"]))
        while github.count(.copilotToken) == 0, process.status == nil {
            try await EventLoop.shared.sleep(for: .milliseconds(5))
        }
        process.signal(9)
        _ = try await process.exit()
    }

    @Test("login shows the code and stores the token readable only by its owner; logout deletes it")
    func login() async throws {
        var settings = LoopbackGitHub.Settings()
        settings.interval = 1
        settings.approvesAtOnce = true
        let github = try await LoopbackGitHub.started(settings)
        let home = try self.home(github)
        let login = try await self.run(home, "login")
        expectEqual(login.status, .exited(0), "\(login.errorText)")
        #expect(login.text.contains("https://github.com/login/device and enter the code ABCD-1001"))
        #expect(login.text.contains("as octocat, Copilot plan individual"))
        let file = try #require(PrivateFile.read("\(home.path)/data/copilot/login.json"))
        #expect(!file.isOpenToOthers)
        let token = try #require(try JSON.parse(file.bytes)["oauth_token"]?.stringValue)
        #expect(!(login.text + login.errorText).contains(token))
        #expect(login.text.contains("gho_…"))

        let doctor = try await self.run(home, "doctor")
        #expect(doctor.text.contains("sign-in: jetbridge login (\(home.path)/data/copilot/login.json): gho_…"))
        #expect(self.copilotLine(doctor).hasPrefix("ok"))
        expectEqual(github.exchanges.count, 1)
        #expect(!(doctor.text + doctor.errorText).contains(token))

        let logout = try await self.run(home, "logout", "--json")
        try expectEqual(JSON.parse(logout.output), ["signed_out": true, "others": []])
        expectEqual(PrivateFile.read("\(home.path)/data/copilot/login.json"), nil)
        expectEqual(PrivateFile.read("\(home.path)/data/copilot/token.json"), nil)
        await github.stop()
    }

    @Test("login --json prints one document per line")
    func loginJSON() async throws {
        var settings = LoopbackGitHub.Settings()
        settings.interval = 1
        settings.approvesAtOnce = true
        let github = try await LoopbackGitHub.started(settings)
        let login = try await self.run(try self.home(github), "login", "--json")
        let documents = try login.text.split(separator: "\n").map { try JSON.parse(String($0)) }
        expectEqual(documents.count, 2)
        #expect(documents.first?["user_code"] == "ABCD-1001" && documents.first?["expires_in"] == 900)
        #expect(documents.last?["signed_in"] == true && documents.last?["user"] == "octocat")
        expectEqual(documents.last?["copilot"], true)
        await github.stop()
    }

    @Test("without a client id, login says what to do")
    func noClientID() async throws {
        let directory = try TemporaryDirectory()
        let login = try await HostProcess.run(["login", "--data-dir", directory.path], in: directory.path)
        expectEqual(login.status, .exited(1))
        #expect(login.errorText.contains("copilot.client_id") && login.errorText.contains("gh auth login"))
        expectEqual(login.errorText.split(separator: "\n").count, 1)
    }

    @Test("doctor names each source, and shows no token")
    func doctor() async throws {
        let github = try await LoopbackGitHub.started()
        github.addAccount(Self.signIn)
        let home = try self.home(github, signIn: Self.signIn)
        let classic = "ghp_CLASSIC00000000000000000000000000000"
        let result = try await self.run(home, "doctor", environment: ["GITHUB_TOKEN": classic])
        #expect(
            result.text.contains(
                "sign-in: the environment variable GITHUB_TOKEN: ghp_…000: GitHub does not accept classic"))
        #expect(result.text.contains("apps.json, github.com:Iv1.x): ghu_…00x of octo"))
        #expect(!(result.text + result.errorText).contains(classic) && !result.text.contains(Self.signIn))
        await github.stop()
    }
}
