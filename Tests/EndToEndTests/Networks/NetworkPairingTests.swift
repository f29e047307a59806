import JSON
import Processes
import TestSupport
import Testing

/// How a person pairs with a bot that has no owners, as in the set-up pages.
@Suite("Pairing on networks", .timeLimit(.minutes(2)))
struct NetworkPairingTests {
    private static func code(of host: HostProcess) async throws -> String {
        let run = try await host.run(["pair", "--role", "owner", "--json"], environment: Self.environment)
        return try JSON.parse(run.output)["code"]?.stringValue ?? ""
    }

    private static let environment = ["TOKEN": "1000:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"]

    @Test("on Telegram: a stranger learns how to get access, and gets no answer before /pair CODE")
    func telegram() async throws {
        let telegram = try await LoopbackTelegram.started()
        telegram.addPerson(TelegramPerson(1_001, "Ada"))
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                adapters:
                  telegram: [{id: bot, token: {env: TOKEN}, api_url: "\(telegram.apiURL)"}]
                """)
        try await host.start(environment: Self.environment)
        telegram.say("hello?", as: 1_001, in: 1_001)
        try await telegram.wait { $0.shownByBot(in: 1_001).count == 1 }
        expectEqual(telegram.shownByBot(in: 1_001).first?.text.hasPrefix("I do not know you"), true)
        telegram.say("/pair \(try await Self.code(of: host))", as: 1_001, in: 1_001)
        try await telegram.wait { $0.shownByBot(in: 1_001).count == 2 }
        expectEqual(telegram.shownByBot(in: 1_001).last?.text.contains("owner"), true)
        telegram.say("/whoami", as: 1_001, in: 1_001)
        try await telegram.wait { $0.shownByBot(in: 1_001).count == 3 }
        expectEqual(telegram.shownByBot(in: 1_001).last?.text.contains("telegram:1001"), true)
        await expectEqual(host.terminate(), .exited(0))
        await telegram.stop()
    }

    @Test("on Slack: with the slash command in a direct message to the bot")
    func slack() async throws {
        var settings = LoopbackSlack.Settings()
        settings.commands = ["/jetbridge"]
        let slack = try await LoopbackSlack.started(settings)
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                adapters:
                  slack:
                    - {id: team, bot_token: {env: BOT}, app_token: {env: APP}, api_url: "\(slack.apiURL)"}
                """)
        let environment = ["BOT": slack.botToken, "APP": slack.appToken]
        try await host.start(environment: environment)
        try await slack.wait("a connection") { $0.connectionCount > 0 }
        let run = try await host.run(["pair", "--role", "owner", "--json"], environment: environment)
        let code = try JSON.parse(run.output)["code"]?.stringValue ?? ""
        let direct = slack.directChannel()
        // What strangers type, and codes without their command, stay unseen.
        let stray = try #require(slack.slash("/jetbridge", "status"))
        try await slack.wait("an answer to the stranger") { $0.outcome(stray)?.answers.isEmpty == false }
        slack.slash("/jetbridge", "piar \(code)")
        try await slack.wait("the confirmation") { slack in
            (slack.shown(in: direct) + slack.ephemerals(in: direct)).contains { $0.content.contains("owner") }
        }
        slack.slash("/jetbridge", "whoami", in: direct)
        try await slack.wait("the answer to whoami") { slack in
            (slack.shown(in: direct) + slack.ephemerals(in: direct)).contains {
                $0.content.contains("slack:\(slack.teamID)/\(LoopbackSlack.alice)")
            }
        }
        let before = slack.shown(in: direct).count
        slack.slash("/jetbridge", "login ghp_0123456789abcdefghijklmnopqrstuvwxyz")
        try await slack.wait("the answer to login") { $0.shown(in: direct).count > before }
        #expect(slack.shown().isEmpty)
        await expectEqual(host.terminate(), .exited(0))
        await slack.stop()
    }
}
