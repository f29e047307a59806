internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import TestSupport

/// Serves a ``LoopbackTelegram`` to measured programs, controlled by HTTP.
///
/// `port=` and `control=` choose the ports, `limits=off|real|FACTOR` the rate limits, `privacy=off` lets the bot read
/// all messages in groups, `messages=` bounds how many messages of a chat are kept. It prints `{"api_url",
/// "control_url", "bot_token", "bot_user", "channel", "user"}`; the channel is the user's private chat. Each control
/// request is a POST of a JSON object to `/NAME`, with numbers as ids:
///
/// - `say` {text, user?, channel?, thread?, reply_to?} → {id}
/// - `shown` {channel?, thread?} → {messages: [{id, thread, content, updates, streaming}]}, only the bot's; a thread is a
///   topic, the root of a reply chain, or the message replied to
/// - `await` {channel?, thread?, count?, contains?, seconds?} → like `shown`, once there are `count` messages
/// - `person` {user, name?, username?}, `room` {channel, title?, members?, kind?, forum?, bot?}: adds one
/// - `edit` {channel?, id, text}, `delete` {channel?, id}, `forget` {channel?}
/// - `stats` → {calls: {method: n}, refusals: {status: n}, outstanding, messages, pings}
struct BenchTelegramServer: Sendable {
    private let port: UInt16
    private let controlPort: UInt16
    private let settings: LoopbackTelegram.Settings

    init(_ arguments: BenchArguments) {
        self.port = UInt16(clamping: arguments.number("port", default: 0))
        self.controlPort = UInt16(clamping: arguments.number("control", default: 0))
        var settings = LoopbackTelegram.Settings()
        settings.token = arguments.text("token", default: settings.token)
        settings.username = arguments.text("username", default: settings.username)
        settings.hasPrivacyMode = arguments.text("privacy", default: "on") != "off"
        settings.messageLimit = arguments.number("messages", default: settings.messageLimit)
        let limits = arguments.text("limits", default: "real")
        settings.flood = limits == "off" ? .off : Double(limits).map { .scaled($0) } ?? .real
        self.settings = settings
    }

    /// Serves until the process ends.
    func run() async throws {
        let telegram = try await LoopbackTelegram.started(self.settings, port: self.port)
        telegram.addPerson(TelegramPerson(TelegramOrders.user, "Ada", username: "ada_l"))
        let orders = TelegramOrders(telegram: telegram)
        let control = try await BenchControl.started(port: self.controlPort) { try await orders.answer($0, $1) }
        BenchOutput.line([
            "api_url": .string(telegram.apiURL),
            "control_url": .string(control.controlURL),
            "bot_token": .string(telegram.token), "bot_user": .string(telegram.username),
            "channel": JSON(TelegramOrders.user), "user": JSON(TelegramOrders.user),
        ])
        try await control.run()
    }
}

/// Carries out the control requests.
private struct TelegramOrders {
    static let user: Int64 = 1_001

    let telegram: LoopbackTelegram

    @Net func answer(_ name: String, _ order: JSON) async throws -> JSON {
        let user = order["user"]?.intValue.map { Int64($0) } ?? Self.user
        let channel = order["channel"]?.intValue.map { Int64($0) } ?? user
        let thread = order["thread"]?.intValue
        switch name {
        case "say":
            let id = self.telegram.say(
                order["text"]?.stringValue ?? "", as: user, in: channel, topic: thread,
                replyTo: order["reply_to"]?.intValue)
            return ["id": JSON(id)]
        case "shown": return .object(["messages": .array(self.shown(channel, thread).map(Self.json))])
        case "await": return try await self.wait(channel, thread, order)
        case "person":
            self.telegram.addPerson(
                TelegramPerson(
                    user, order["name"]?.stringValue ?? "Person \(user)", username: order["username"]?.stringValue))
        case "room": self.addRoom(channel, order)
        case "edit": self.telegram.edit(order["id"]?.intValue ?? 0, in: channel, to: order["text"]?.stringValue)
        case "delete": self.telegram.delete(order["id"]?.intValue ?? 0, in: channel)
        case "forget": self.telegram.forget(order["channel"]?.intValue.map { Int64($0) })
        case "stats": return self.stats
        default: throw HTTPProblem(.notFound, "unknown order '\(name)'")
        }
        return [:]
    }

    private func addRoom(_ channel: Int64, _ order: JSON) {
        self.telegram.addGroup(
            channel, order["title"]?.stringValue ?? "Room \(channel)",
            members: order["members"]?.arrayValue?.compactMap { $0.intValue.map { Int64($0) } } ?? [Self.user],
            kind: order["kind"]?.stringValue.flatMap { TelegramRoomKind(rawValue: $0) } ?? .supergroup,
            isForum: order["forum"]?.boolValue ?? false, bot: order["bot"]?.stringValue ?? "member")
    }

    @Net private func wait(_ channel: Int64, _ thread: Int?, _ order: JSON) async throws -> JSON {
        let count = order["count"]?.intValue ?? 1
        let words = order["contains"]?.stringValue ?? ""
        let isEnough = { @Sendable in
            self.shown(channel, thread).count { words.isEmpty || $0.text.contains(words) } >= count
        }
        let limit = EventLoop.shared.now.advanced(by: .seconds(order["seconds"]?.intValue ?? 60))
        // Forces a last check at the deadline, even if nothing changes until then.
        let timer = EventLoop.shared.schedule(after: .seconds(order["seconds"]?.intValue ?? 60)) {
            self.telegram.skip(0)
        }
        defer { timer.cancel() }
        try await self.telegram.wait { _ in isEnough() || Net.assumeIsolated { EventLoop.shared.now >= limit } }
        guard isEnough() else { throw HTTPProblem(.gatewayTimeout, "the messages did not appear in time") }
        return .object(["messages": .array(self.shown(channel, thread).map(Self.json))])
    }

    private func shown(_ channel: Int64, _ thread: Int?) -> [TelegramShown] {
        self.telegram.shownByBot(in: channel).filter { message in
            thread == nil || message.thread == thread || message.replyTo == thread
        }
    }

    private static func json(_ shown: TelegramShown) -> JSON {
        [
            "id": JSON(shown.id), "thread": shown.thread.map { JSON($0) } ?? .null, "content": .string(shown.text),
            "updates": JSON(shown.edits), "streaming": false,
        ]
    }

    private var stats: JSON {
        let refusals = self.telegram.statuses.filter { $0.key >= 400 }
        return [
            "calls": .object(JSONObject(dictionary: self.telegram.counts.mapValues { JSON($0) })),
            "refusals": .object(
                JSONObject(members: refusals.sorted { $0.key < $1.key }.map { (String($0.key), JSON($0.value)) })),
            "outstanding": JSON(self.telegram.waitingUpdates), "messages": JSON(self.telegram.messageCount),
            "pings": JSON(self.telegram.pings.count),
        ]
    }
}
