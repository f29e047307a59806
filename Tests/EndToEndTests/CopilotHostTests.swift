import EventLoop
import HTTP
import HTTPClient
import JSON
import Lifecycle
import Processes
import TestSupport
import Testing

/// The real program on the Copilot provider, with an editor's sign-in and tokens that expire every few seconds.
@Suite("A signed-in host", .timeLimit(.minutes(1)))
struct CopilotHostTests {
    private static let signIn = "ghu_PLANTED0000000000000000000000000000x"

    /// GitHub, the Copilot API that accepts its tokens, and a home directory with both in its configuration.
    private struct Scene {
        let github: LoopbackGitHub
        let copilot: LoopbackCopilot
        let home: TemporaryDirectory
        let configuration: String

        init(tokenLife: Double, isSignedIn: Bool = true) async throws {
            var settings = LoopbackGitHub.Settings()
            settings.tokenLife = tokenLife
            let github = try await LoopbackGitHub.started(settings)
            self.copilot = try await LoopbackCopilot.started { github.isLive(token: $0) }
            github.setAPIURL(self.copilot.apiURL)
            github.addAccount(CopilotHostTests.signIn)
            self.github = github
            self.home = try TemporaryDirectory()
            self.configuration = """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: copilot}
                copilot: {github_url: "\(github.url)", api_url: "\(github.url)"}
                proxy: {listen: "127.0.0.1:0"}
                """
            guard isSignedIn else { return }
            try LoopbackSubscription.plantSignIn(CopilotHostTests.signIn, below: self.home)
        }

        func end() async {
            await self.copilot.stop()
            await self.github.stop()
        }
    }

    @Test("chats and commands continue over many tokens without a failed request")
    func serve() async throws {
        let scene = try await Scene(tokenLife: 3)
        let host = try await HostProcess(configuration: scene.configuration, directory: scene.home)
        try await host.start()
        let client = try await host.signIn()
        let thread = try await client.newThread()
        var turns = 0
        while scene.github.exchanges.count < 4 {
            let operation = try await client.ended(try await client.send("Say something.", to: thread))
            expectEqual(operation["state"], "complete", "\(operation)")
            turns += 1
            if turns % 5 == 0 {
                // Another process on the same token.
                try await expectEqual(host.run(["models"]).status, .exited(0))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        // A token is renewed after 2.25 seconds, so each served several requests.
        let times = scene.github.exchanges.map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 > 2 }, "\(times)")
        await expectEqual(host.terminate(), .exited(0))
        #expect(PrivateFile.Stamp(of: "\(host.dataPath)/copilot/token.lock").isAbsent)
        let log = await host.log
        #expect(!log.contains("tid=") && !log.contains(Self.signIn))
        await scene.end()
    }

    @Test("the proxy sends the account's token, and exits with one line without a sign-in")
    @Net func proxy() async throws {
        let scene = try await Scene(tokenLife: 1_800)
        let folder = scene.home.path
        try PrivateFile.write(Array(scene.configuration.utf8), to: "\(folder)/jetbridge.yaml")
        let arguments = ["proxy", "--json", "--config", "\(folder)/jetbridge.yaml", "--data-dir", "\(folder)/data"]
        let process = try Process.spawn(
            ProcessPlan(HostProcess.executable, arguments, environment: ["HOME": folder, "PATH": "/usr/bin:/bin"]))
        let line = String(decoding: try #require(try await process.output.read()), as: UTF8.self)
        let address = try #require(try JSON.parse(line)["address"]?.stringValue)
        let models = try await HTTPClient().execute(
            HTTPClientRequest(.get, try HTTPURL("http://\(address)/v1/models")))
        expectEqual(models.status, .ok)
        let list = try JSON.parse(try await models.body.collect(upTo: 1 << 20))
        expectEqual(list["data"]?.arrayValue?.isEmpty, false)
        process.signal(15)
        try await expectEqual(process.exit(), .exited(0))

        let stranger = try await Scene(tokenLife: 1_800, isSignedIn: false)
        try PrivateFile.write(Array(stranger.configuration.utf8), to: "\(stranger.home.path)/jetbridge.yaml")
        let refused = try await HostProcess.run(["proxy"], in: stranger.home.path)
        expectEqual(refused.status, .exited(1))
        #expect(refused.errorText.contains("jetbridge login") && refused.errorText.contains("COPILOT_TOKEN"))
        await scene.end()
        await stranger.end()
    }
}
