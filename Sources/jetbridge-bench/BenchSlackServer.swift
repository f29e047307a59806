internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import TestSupport

/// Serves a ``LoopbackSlack`` to measured programs, controlled by HTTP.
///
/// `port=` and `control=` choose the ports, `limits=off|real|FACTOR` the rate limits. It prints `{"api_url",
/// "control_url", "bot_token", "app_token", "bot_user", "team", "channel", "user"}`. Each control request is a POST of a JSON
/// object to `/NAME`:
///
/// - `say` {text, user?, channel?, thread?} → {ts}
/// - `shown` {channel?, thread?} → {messages: [{ts, thread, content, updates, streaming}]}, only the bot's
/// - `history` {channel?} → {messages: [{ts, thread, user, content, reactions}]}, everybody's
/// - `await` {channel?, thread, count, seconds?} → like `shown`, once `count` messages have finished streaming
/// - `bot` {text, channel?, thread?} → {ts}: another app's bot writes
/// - `share` {ts, of, text?, user?, channel?, thread?} → {ts}: shares the message `ts` of the channel `of`
/// - `leave`, `join` {channel?} → {}: the bot is removed from the channel, or invited
/// - `user` {name} → {user}; `channel` {name} → {channel}, with the bot in it; `direct` {user?} → {channel}
/// - `edit` {ts, text, channel?}, `delete` {ts, channel?}, `react` {ts, name, channel?}, `press` {ts, button, channel?},
///   `slash` {command, text, channel?} → {}
/// - `fault` {method, status|error|name, times?} → {}: the next calls fail; `name` is `hang`, `cut`, `loseAnswer`, `webPage`
/// - `sockets` {end: cut|freeze|refresh} → {}
/// - `forget` → {}: drops messages, files and records
/// - `stats` → {calls: {method: n}, refusals: {error: n}, acknowledged, lost, outstanding, connections, mistakes, pings}
struct BenchSlackServer: Sendable {
    private let port: UInt16
    private let controlPort: UInt16
    private let limits: String

    init(_ arguments: BenchArguments) throws {
        self.port = UInt16(clamping: arguments.number("port", default: 0))
        self.controlPort = UInt16(clamping: arguments.number("control", default: 0))
        self.limits = arguments.text("limits", default: "real")
    }

    /// Serves until the process ends.
    func run() async throws {
        var settings = LoopbackSlack.Settings()
        settings.rateLimits =
            switch self.limits {
            case "off": .off
            case "real": .real
            default: Double(self.limits).map { .scaled($0) } ?? .real
            }
        let slack = try await LoopbackSlack.started(settings, port: self.port)
        let orders = SlackOrders(slack: slack)
        let control = try await BenchControl.started(port: self.controlPort) { try await orders.answer($0, $1) }
        BenchOutput.line([
            "api_url": .string(slack.apiURL),
            "control_url": .string(control.controlURL),
            "bot_token": .string(slack.botToken), "app_token": .string(slack.appToken),
            "bot_user": .string(slack.botUser), "team": .string(slack.teamID),
            "channel": .string(LoopbackSlack.general),
            "user": .string(LoopbackSlack.alice),
        ])
        try await control.run()
    }
}

/// Carries out the control requests.
private struct SlackOrders {
    let slack: LoopbackSlack

    @Net func answer(_ name: String, _ order: JSON) async throws -> JSON {
        let channel = order["channel"]?.stringValue ?? LoopbackSlack.general
        let user = order["user"]?.stringValue ?? LoopbackSlack.alice
        let thread = order["thread"]?.stringValue
        switch name {
        case "say":
            let ts = self.slack.say(order["text"]?.stringValue ?? "", as: user, in: channel, thread: thread)
            return ["ts": .string(ts)]
        case "bot":
            let ts = self.slack.sayAsBot(order["text"]?.stringValue ?? "", in: channel, thread: thread)
            return ["ts": .string(ts)]
        case "share":
            let shared = self.slack.share(
                order["ts"]?.stringValue ?? "", of: order["of"]?.stringValue ?? channel,
                saying: order["text"]?.stringValue ?? "", as: user, in: channel, thread: thread)
            return ["ts": .string(shared)]
        case "shown": return self.shown(channel, thread)
        case "history": return self.history(channel)
        case "await":
            let count = order["count"]?.intValue ?? 1
            try await self.slack.wait("an answer", for: .seconds(order["seconds"]?.intValue ?? 60)) {
                $0.shown(in: channel, thread: thread).filter { !$0.isStreaming }.count >= count
            }
            return self.shown(channel, thread)
        case "direct": return ["channel": .string(self.slack.directChannel(with: user))]
        case "user": return ["user": .string(self.slack.addUser(order["name"]?.stringValue ?? "somebody"))]
        case "channel": return ["channel": .string(self.slack.addChannel(order["name"]?.stringValue ?? "channel"))]
        case "stats": return self.stats
        case "edit", "delete", "react", "press", "slash", "leave", "join", "forget":
            self.act(name, order, channel, user)
        case "fault": try self.fault(order)
        case "sockets":
            switch order["end"]?.stringValue {
            case "freeze": self.slack.freezeSockets()
            case "refresh": self.slack.refreshSockets()
            default: self.slack.cutSockets()
            }
        default: throw HTTPProblem(.notFound, "unknown order '\(name)'")
        }
        return [:]
    }

    private func act(_ name: String, _ order: JSON, _ channel: String, _ user: String) {
        let ts = order["ts"]?.stringValue ?? "", text = order["text"]?.stringValue ?? ""
        switch name {
        case "edit": self.slack.edit(ts, in: channel, to: text)
        case "delete": self.slack.delete(ts, in: channel)
        case "react": self.slack.react(order["name"]?.stringValue ?? "eyes", to: ts, in: channel, as: user)
        case "press": self.slack.press(order["button"]?.stringValue ?? "", of: ts, in: channel, as: user)
        case "slash": self.slack.slash(order["command"]?.stringValue ?? "/bot", text, in: channel, as: user)
        case "leave": self.slack.removeMember(self.slack.botUser, from: channel)
        case "join": self.slack.addMember(self.slack.botUser, to: channel)
        default: self.slack.forget()
        }
    }

    private func fault(_ order: JSON) throws(HTTPProblem) {
        let names: [String: LoopbackSlack.Fault] = [
            "hang": .hang, "cut": .cut, "loseAnswer": .loseAnswer, "webPage": .webPage,
        ]
        let fault: LoopbackSlack.Fault
        if let status = order["status"]?.intValue {
            fault = .status(status, retryAfter: order["retry_after"]?.intValue)
        } else if let error = order["error"]?.stringValue {
            fault = .error(error)
        } else if let named = names[order["name"]?.stringValue ?? ""] {
            fault = named
        } else {
            throw HTTPProblem(.badRequest, "a fault needs a status, an error or a name")
        }
        self.slack.inject(fault, at: order["method"]?.stringValue ?? "*", times: order["times"]?.intValue ?? 1)
    }

    private func shown(_ channel: String, _ thread: String?) -> JSON {
        let messages = self.slack.shown(in: channel, thread: thread).map { shown -> JSON in
            [
                "ts": .string(shown.ts), "thread": shown.thread.map { .string($0) } ?? .null,
                "content": .string(shown.content), "updates": JSON(shown.updates),
                "streaming": .bool(shown.isStreaming),
            ]
        }
        return ["messages": .array(messages)]
    }

    private func history(_ channel: String) -> JSON {
        let messages = self.slack.history(channel).map { shown -> JSON in
            [
                "ts": .string(shown.ts), "thread": shown.thread.map { .string($0) } ?? .null,
                "user": .string(shown.user), "content": .string(shown.content),
                "reactions": .array(shown.reactions.keys.sorted().map { .string($0) }),
            ]
        }
        return ["messages": .array(messages)]
    }

    private var stats: JSON {
        let (acknowledged, lost) = self.slack.deliveries
        return [
            "calls": .object(JSONObject(dictionary: self.slack.counts.mapValues { JSON($0) })),
            "refusals": .object(JSONObject(dictionary: self.slack.refusals.mapValues { JSON($0) })),
            "acknowledged": JSON(acknowledged), "lost": JSON(lost), "outstanding": JSON(self.slack.outstanding),
            "connections": JSON(self.slack.connectionCount),
            "mistakes": .array(self.slack.mistakes.map { .string($0) }), "pings": JSON(self.slack.pings.count),
        ]
    }
}
