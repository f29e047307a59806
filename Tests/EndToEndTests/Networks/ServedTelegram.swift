import TestSupport

/// The loopback Telegram with its limits. Even-numbered conversations are private chats, the others groups.
final class ServedTelegram: ServedNetwork {
    private static let firstPerson: Int64 = 1_001
    private static let firstGroup: Int64 = -1_001_000
    let telegram: LoopbackTelegram
    let name = "telegram"

    init(conversations: Int, settings: LoopbackTelegram.Settings = LoopbackTelegram.Settings()) async throws {
        self.telegram = try await LoopbackTelegram.started(settings)
        for number in 0..<conversations {
            let person = Self.firstPerson + Int64(number)
            self.telegram.addPerson(TelegramPerson(person, "Ada \(number)"))
            if !number.isMultiple(of: 2) {
                self.telegram.addGroup(Self.firstGroup - Int64(number), "Team \(number)", members: [person])
            }
        }
        self.owners = (0..<conversations).map { "telegram:\(Self.firstPerson + Int64($0))" }
    }

    var entry: String {
        """
          telegram:
            - {id: bot, token: {env: TELEGRAM_TOKEN}, api_url: "\(self.telegram.apiURL)"}
        """
    }

    let owners: [String]
    var environment: [String: String] { ["TELEGRAM_TOKEN": self.telegram.token] }

    func meet(_ host: HostProcess) async throws {}

    func chat(of conversation: Int) -> Int64 {
        (conversation.isMultiple(of: 2) ? Self.firstPerson : Self.firstGroup)
            + (conversation.isMultiple(of: 2) ? 1 : -1) * Int64(conversation)
    }

    func say(_ text: String, in conversation: Int) async throws {
        let chat = self.chat(of: conversation)
        let person = Self.firstPerson + Int64(conversation)
        guard !conversation.isMultiple(of: 2), !text.hasPrefix("/") else {
            self.telegram.say(text, as: person, in: chat)
            return
        }
        // A reply to the bot continues the conversation; the first message mentions it.
        if let last = self.telegram.shownByBot(in: chat).last {
            self.telegram.say(text, as: person, in: chat, replyTo: last.id)
        } else {
            self.telegram.say("@\(self.telegram.username) \(text)", as: person, in: chat)
        }
    }

    func words(in conversation: Int) async throws -> [String] {
        self.telegram.shownByBot(in: self.chat(of: conversation)).map(\.text)
    }

    func markup(in conversation: Int) -> [String] {
        self.telegram.shownByBot(in: self.chat(of: conversation)).map(\.markup)
    }

    func disturb(_ number: Int) async {
        switch number % 5 {
        case 0: self.telegram.inject(.flood(retryAfter: 1), at: "sendMessage")
        case 1: self.telegram.inject(.badGateway, at: "getUpdates")
        case 2: self.telegram.inject(.restart, at: "sendMessage")
        case 3: self.telegram.inject(.flood(retryAfter: 2), at: "editMessageText")
        default: self.telegram.inject(.answerLost, at: "getUpdates")
        }
    }

    func room(_ conversation: Int) async throws -> [RoomMessage] {
        self.telegram.shown(in: self.chat(of: conversation)).map { message in
            RoomMessage(
                author: message.isBot ? "jetbridge" : "ada", isFromBot: message.isBot, text: message.text,
                markup: message.markup, buttons: message.buttons.flatMap { $0.map(\.text) },
                reactions: message.reactions.values.flatMap { $0 }.sorted())
        }
    }

    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws {
        let chat = self.chat(of: conversation)
        let person = Self.firstPerson + Int64(conversation)
        let shown = self.telegram.shownByBot(in: chat).last { $0.text.contains(" \(ask): ") }
        let labels = shown?.buttons.flatMap { $0.map(\.text) } ?? []
        let label: String? =
            switch decision {
            case .approve: "Approve"
            case .approveAll: "Approve all"
            case .always: "Always in this thread"
            case .deny: nil
            case .option(let letter): labels.first { $0.hasPrefix("\(letter). ") }
            }
        guard let shown, let label, self.telegram.press(label, on: shown.id, as: person, in: chat) != nil else {
            // A reason is typed.
            return self.telegramSay("/\(decision.command(for: ask))", as: person, in: chat)
        }
    }

    private func telegramSay(_ text: String, as person: Int64, in chat: Int64) {
        self.telegram.say(text, as: person, in: chat)
    }

    func stop() async { await self.telegram.stop() }
}
