import HTTP
import TestSupport
import Testing

/// A member's command, which waits until an owner approves exactly it; a guest's, which is refused.
@Suite("A member's command on three networks", .timeLimit(.minutes(2)))
struct RunApprovalTests {
    private static let owner: Int64 = 1_001
    private static let member: Int64 = 1_002
    private static let guest: Int64 = 1_003
    private static let group: Int64 = -1_001_000

    /// Three networks with an owner, a member and a guest each.
    private struct Networks {
        let slack: LoopbackSlack
        let slackGuest: String
        let telegram: LoopbackTelegram
        let synapse: Synapse
        let bot: MatrixAccount
        let accounts: [MatrixAccount]

        static func start() async throws -> Networks {
            let slack = try await LoopbackSlack.started()
            let telegram = try await LoopbackTelegram.started()
            for (person, name) in [(owner, "Olga"), (member, "Max"), (guest, "Gina")] {
                telegram.addPerson(TelegramPerson(person, name))
            }
            telegram.addGroup(group, "Team", members: [owner, member, guest])
            let synapse = try await Synapse.shared()
            var accounts: [MatrixAccount] = []
            for name in ["olga", "max", "gina"] { accounts.append(try await synapse.newAccount(name)) }
            return Networks(
                slack: slack, slackGuest: slack.addUser("gina"), telegram: telegram, synapse: synapse,
                bot: try await synapse.newAccount("jetbot"), accounts: accounts)
        }

        var configuration: String {
            """
            access:
              owners: ["slack:\(self.slack.teamID)/\(LoopbackSlack.alice)", "telegram:\(owner)", "matrix:\(self.accounts[0].userID)"]
              members: ["slack:\(self.slack.teamID)/\(LoopbackSlack.bob)", "telegram:\(member)", "matrix:\(self.accounts[1].userID)"]
              guests: ["slack:\(self.slack.teamID)/\(self.slackGuest)", "telegram:\(guest)", "matrix:\(self.accounts[2].userID)"]
            adapters:
              slack: [{id: team, bot_token: {env: SLACK_BOT}, app_token: {env: SLACK_APP}, api_url: "\(self.slack.apiURL)"}]
              telegram: [{id: bot, token: {env: TELEGRAM_TOKEN}, api_url: "\(self.telegram.apiURL)"}]
              matrix: [{id: home, homeserver: "\(self.synapse.url.origin)", user: "\(self.bot.userID)", access_token: {env: MATRIX_TOKEN}}]
            """
        }

        var environment: [String: String] {
            [
                "SLACK_BOT": self.slack.botToken, "SLACK_APP": self.slack.appToken,
                "TELEGRAM_TOKEN": self.telegram.token, "MATRIX_TOKEN": self.bot.token,
            ]
        }
    }

    @Test("it runs once an owner has approved it with a button or a reaction, and a guest may run nothing")
    func approvals() async throws {
        let networks = try await Networks.start()
        let scene = try await CommandScene.start(networks.configuration, environment: networks.environment)
        try await self.slack(networks.slack, guest: networks.slackGuest, scene)
        try await self.telegram(networks.telegram, scene)
        try await self.matrix(networks, scene)
        await scene.stop()
        await networks.slack.stop()
        await networks.telegram.stop()
    }

    private func slack(_ slack: LoopbackSlack, guest: String, _ scene: CommandScene) async throws {
        try await slack.wait("a connection") { $0.connectionCount > 0 }
        let thread = slack.say("\(slack.mention) run echo from bob", as: LoopbackSlack.bob)
        let shown: @Sendable (LoopbackSlack) -> [LoopbackSlack.Shown] = {
            $0.shown(thread: thread).filter(\.isFromBot)
        }
        try await slack.wait("the ask") { shown($0).contains { $0.buttons.count == 3 } }
        let ask = try #require(shown(slack).first { $0.buttons.count == 3 })
        #expect(ask.content.contains("wants to run") && ask.content.contains("echo from bob"))
        // Nobody approves their own command.
        slack.press("Approve", of: ask.ts, as: LoopbackSlack.bob)
        slack.press("Approve", of: ask.ts, as: guest)
        slack.press("Approve", of: ask.ts, as: LoopbackSlack.alice)
        try await slack.wait("the output") { slack in
            shown(slack).contains { $0.content.contains("from bob\n") && $0.content.contains("exit 0 · ") }
        }
        let decided = try #require(slack.message(ask.ts))
        #expect(decided.content.contains("Approved by alice") && decided.buttons.isEmpty, "\(decided.content)")
        let refused = slack.say("\(slack.mention) run id", as: guest)
        try await slack.wait("the refusal") { slack in
            (slack.shown(thread: refused) + slack.ephemerals()).contains {
                $0.content.contains("needs the role member")
            }
        }
        #expect(slack.mistakes.isEmpty, "\(slack.mistakes)")
    }

    private func telegram(_ telegram: LoopbackTelegram, _ scene: CommandScene) async throws {
        telegram.say("/run echo from max", as: Self.member, in: Self.group)
        try await telegram.wait { $0.shownByBot(in: Self.group).contains { !$0.buttons.isEmpty } }
        let ask = try #require(telegram.shownByBot(in: Self.group).first { !$0.buttons.isEmpty })
        #expect(ask.text.contains(/Max \(telegram:\d+\) wants to run/), "\(ask.text)")
        #expect(ask.text.contains("echo from max"), "\(ask.text)")
        for person in [Self.member, Self.guest] {
            let query = try #require(telegram.press("Approve", on: ask.id, as: person, in: Self.group))
            try await telegram.wait { $0.answer(to: query) != nil }
        }
        telegram.press("Approve", on: ask.id, as: Self.owner, in: Self.group)
        try await telegram.wait { telegram in
            telegram.shownByBot(in: Self.group).contains {
                $0.text.contains("from max\n") && $0.text.contains("exit 0 · ")
            }
        }
        let decided = try #require(telegram.shown(ask.id, in: Self.group))
        #expect(decided.text.contains("Approved by Olga") && decided.buttons.isEmpty, "\(decided.text)")
        telegram.upload(
            .document("data.csv", Array("1,2,3\n".utf8), type: "text/csv"), caption: "/run cat data.csv",
            as: Self.owner,
            in: Self.owner)
        try await telegram.wait { telegram in
            telegram.shownByBot(in: Self.owner).contains {
                $0.text.contains("1,2,3\n") && $0.text.contains("exit 0 · ")
            }
        }
        telegram.say("/run id", as: Self.guest, in: Self.group)
        try await telegram.wait {
            $0.shownByBot(in: Self.group).last?.text.contains("needs the role member") == true
        }
    }

    private func matrix(_ networks: Networks, _ scene: CommandScene) async throws {
        let olga = try await networks.synapse.person(networks.accounts[0])
        let max = try await networks.synapse.person(networks.accounts[1])
        let gina = try await networks.synapse.person(networks.accounts[2])
        let room = try await olga.createRoom(inviting: [networks.bot] + networks.accounts[1...], isDirect: false)
        try await max.join(room)
        try await gina.join(room)
        try await olga.waitForJoin(of: networks.bot.userID, in: room, within: .seconds(60))
        try await max.say("!run echo from max", in: room)
        let bot = networks.bot.userID
        let ask = try #require(
            try await olga.wait(in: room) { messages in
                messages.contains { $0.sender == bot && $0.body.contains("wants to run") }
            }.first { $0.sender == bot && $0.body.contains("wants to run") })
        #expect(ask.body.contains("echo from max"))
        try await max.react("✅", to: ask.id, in: room)
        try await gina.react("✅", to: ask.id, in: room)
        try await olga.wait(in: room) { messages in
            messages.first { $0.id == ask.id }?.reactions.filter { $0.sender != bot }.count == 2
        }
        await expectEqual(olga.message(ask.id, in: room)?.body.contains("Approved"), false)
        try await olga.react("✅", to: ask.id, in: room)
        try await olga.wait(in: room, within: .seconds(60)) { messages in
            messages.contains { $0.sender == bot && $0.body.contains("from max\n") && $0.body.contains("exit 0 · ") }
        }
        await expectEqual(olga.message(ask.id, in: room)?.body.contains("Approved by "), true)
        try await gina.say("!run id", in: room)
        try await olga.wait(in: room, within: .seconds(60)) { messages in
            messages.contains { $0.sender == bot && $0.body.contains("needs the role member") }
        }
        for person in [olga, max, gina] { await person.leave() }
    }
}
