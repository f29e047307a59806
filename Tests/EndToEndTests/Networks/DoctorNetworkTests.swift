import EventLoop
import HTTP
import HTTPServer
import JSON
import Processes
import TestSupport
import Testing

/// What `jetbridge doctor` reports when a bot does not answer.
@Suite("Doctor on networks", .timeLimit(.minutes(3)))
struct DoctorNetworkTests {
    private struct Line {
        let check: String
        let state: String
        let detail: String
    }

    private static func examine(
        _ entry: String, environment: [String: String], more: String = ""
    ) async throws -> (lines: [Line], status: String, output: String) {
        let host = try await HostProcess(configuration: "\(more)\nadapters:\n\(entry)\n")
        let run = try await host.run(["doctor", "--json"], environment: environment)
        let lines = run.text.split(separator: "\n").compactMap { try? JSON.parse(Array($0.utf8)) }.map {
            Line(
                check: $0["check"]?.stringValue ?? "", state: $0["state"]?.stringValue ?? "",
                detail: $0["detail"]?.stringValue ?? "")
        }
        return (lines, "\(run.status)", run.text + run.errorText)
    }

    private static func telegram(_ telegram: LoopbackTelegram) -> String {
        "  telegram: [{id: bot, token: {env: TOKEN}, api_url: \"\(telegram.apiURL)\"}]"
    }

    // MARK: Telegram

    @Test("Telegram: a token that is not the bot's")
    func telegramToken() async throws {
        let telegram = try await LoopbackTelegram.started()
        let (lines, status, output) = try await Self.examine(
            Self.telegram(telegram), environment: ["TOKEN": "1000:wrong"])
        let line = try #require(lines.first { $0.check == "telegram:bot" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains("token") && line.detail.contains("@BotFather"))
        #expect(status == "exit status 1" && !output.contains("1000:wrong"))
        await telegram.stop()
    }

    @Test("Telegram: privacy mode is a warning with a remedy, otherwise the check is ok", arguments: [true, false])
    func telegramPrivacy(_ isOn: Bool) async throws {
        var settings = LoopbackTelegram.Settings()
        settings.hasPrivacyMode = isOn
        let telegram = try await LoopbackTelegram.started(settings)
        let (lines, _, output) = try await Self.examine(
            Self.telegram(telegram), environment: ["TOKEN": telegram.token])
        let line = try #require(
            lines.first { $0.check == "telegram:bot" && $0.detail.lowercased().contains("privacy") }, "\(output)")
        expectEqual(line.state, isOn ? "warning" : "ok")
        expectEqual(line.detail.contains("/setprivacy"), isOn)
        // Doctor must not take updates from a running host.
        expectEqual(telegram.count("getUpdates"), 0)
        await telegram.stop()
    }

    @Test("an unreachable address is reported")
    func unreachable() async throws {
        let (lines, status, output) = try await Self.examine(
            "  telegram: [{id: bot, token: {env: TOKEN}, api_url: \"http://127.0.0.1:9\"}]",
            environment: ["TOKEN": "1000:token"])
        let line = try #require(lines.first { $0.check == "telegram:bot" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains("cannot be reached") && status == "exit status 1")
    }

    // MARK: Slack

    private static func slack(_ slack: LoopbackSlack) -> String {
        "  slack: [{id: team, bot_token: {env: BOT}, app_token: {env: APP}, api_url: \"\(slack.apiURL)\"}]"
    }

    @Test("Slack: a bot token that does not work, an app token that does not", arguments: ["BOT", "APP"])
    func slackToken(_ wrong: String) async throws {
        let slack = try await LoopbackSlack.started()
        var environment = ["BOT": slack.botToken, "APP": slack.appToken]
        environment[wrong] = wrong == "BOT" ? "xoxb-wrong" : "xapp-wrong"
        let (lines, status, output) = try await Self.examine(Self.slack(slack), environment: environment)
        let line = try #require(lines.first { $0.check == "slack:team" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains(wrong == "BOT" ? "token" : "app_token"), "\(line)")
        #expect(status == "exit status 1" && !output.contains("-wrong"))
        await slack.stop()
    }

    @Test("Slack: a scope that the app was not given is named")
    func slackScope() async throws {
        var settings = LoopbackSlack.Settings()
        settings.scopes.remove("chat:write")
        let slack = try await LoopbackSlack.started(settings)
        let (lines, _, output) = try await Self.examine(
            Self.slack(slack), environment: ["BOT": slack.botToken, "APP": slack.appToken])
        let line = try #require(
            lines.first { $0.check == "slack:team" && $0.detail.contains("chat:write") }, "\(output)")
        #expect(line.state != "ok" && line.detail.lowercased().contains("install"), "\(line)")
        await slack.stop()
    }

    @Test("Slack: doctor warns that a bot in no channel gets direct messages only, and says how to invite it")
    func slackChannel() async throws {
        let slack = try await LoopbackSlack.started()
        slack.removeMember(slack.botUser, from: LoopbackSlack.general)
        let (lines, status, output) = try await Self.examine(
            Self.slack(slack), environment: ["BOT": slack.botToken, "APP": slack.appToken])
        let line = try #require(
            lines.first { $0.check == "slack:team" && $0.detail.contains("in no channel") }, "\(output)")
        #expect(line.state == "warning" && line.detail.contains("/invite") && status == "exit status 0")
        await slack.stop()
    }

    // MARK: Matrix

    private static func matrix(_ url: HTTPURL, user: String) -> String {
        "  matrix: [{id: home, homeserver: \"\(url.origin)\", user: \"\(user)\", access_token: {env: TOKEN}}]"
    }

    @Test("Matrix: a token that the server does not know")
    func matrixToken() async throws {
        let synapse = try await Synapse.shared()
        let (lines, status, output) = try await Self.examine(
            Self.matrix(synapse.url, user: "@jetbot:localhost"), environment: ["TOKEN": "syt_wrong"])
        let line = try #require(lines.first { $0.check == "matrix:home" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains("token"), "\(line)")
        #expect(status == "exit status 1" && !output.contains("syt_wrong"))
    }

    @Test("Matrix: a token of an account other than the configured one")
    func matrixAccount() async throws {
        let synapse = try await Synapse.shared()
        let account = try synapse.account("alice")
        let (lines, _, output) = try await Self.examine(
            Self.matrix(synapse.url, user: "@jetbot:localhost"), environment: ["TOKEN": account.token])
        let line = try #require(lines.first { $0.check == "matrix:home" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains("@alice:localhost"), "\(line)")
    }

    @Test("Matrix: an address where another program answers is reported as the wrong homeserver")
    func matrixServer() async throws {
        var settings = HTTPServerSettings()
        settings.deadlines.drain = .milliseconds(50)
        let server = HTTPServer(settings, name: "page") { _ in .html("<h1>Welcome</h1>") }
        try await server.start()
        let url = try HTTPURL(server.loopbackURL)
        let (lines, status, output) = try await Self.examine(
            Self.matrix(url, user: "@jetbot:localhost"), environment: ["TOKEN": "syt_any"])
        let line = try #require(lines.first { $0.check == "matrix:home" && $0.state == "failed" }, "\(output)")
        #expect(line.detail.contains("homeserver"), "\(line)")
        expectEqual(status, "exit status 1")
        await server.stop()
    }

    // MARK: With a running host

    @Test("with a running host, doctor takes no updates from it and reports the state of its connections")
    func besideHost() async throws {
        let telegram = try await LoopbackTelegram.started()
        telegram.addPerson(TelegramPerson(1_001, "Ada"))
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                access: {owners: ["telegram:1001"]}
                adapters:
                \(Self.telegram(telegram))
                """)
        let environment = ["TOKEN": telegram.token]
        try await host.start(environment: environment)
        try await telegram.wait { $0.count("setMyCommands") > 0 }
        let run = try await host.run(["doctor"], environment: environment)
        expectEqual(run.status, .exited(0), "\(run.text)\(run.errorText)")
        #expect(run.text.contains("has been connected since"), "\(run.text)")
        telegram.say("/whoami", as: 1_001, in: 1_001)
        try await telegram.wait { !$0.shownByBot(in: 1_001).isEmpty }
        expectEqual(telegram.statuses[409], nil)
        await expectEqual(host.terminate(), .exited(0))
        await telegram.stop()
    }
}
