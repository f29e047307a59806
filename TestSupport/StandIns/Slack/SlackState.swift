internal import JSON

/// A workspace with one app, without socket or clock: ``now`` is set before each change, and effects are added to
/// ``actions``.
struct SlackState {
    typealias Ping = LoopbackSlack.Ping

    static let botUser = "U0LOOPBOT"
    static let botID = "B0LOOPBOT"

    var settings: LoopbackSlack.Settings
    var baseURL = "http://127.0.0.1:9"
    /// Seconds since 1970, on Slack's clock.
    var now = 0.0
    var users: [String: SlackUser] = [:]
    var channels: [String: SlackChannel] = [:]
    /// The handles of groups of people, by id.
    var groups: [String: String] = [:]
    var delivery: SlackDelivery
    var limits: SlackRateLimits
    var actions: [SlackDelivery.Action] = []
    /// Unused WebSocket addresses with their expiry times.
    var tickets: [String: Double] = [:]
    var isRevoked = false
    var isAppTokenBad = false
    /// The number of calls per method, whatever the answers.
    var counts: [String: Int] = [:]
    /// The number of refusals per error.
    var refusals: [String: Int] = [:]
    var pings: [Ping] = []
    var ephemerals: [(channel: String, message: SlackMessage)] = []
    var files: [String: SlackFile] = [:]
    var fileBytes = 0
    /// Uploads whose messages are still to be posted.
    var shares: [Share] = []
    /// Streams by their expiry, including stopped ones.
    var streams: [(end: Double, channel: String, ts: String)] = []
    var interactions: [String: SlackInteraction] = [:]
    /// Open views: `{user, view}`.
    var views: [String: JSON] = [:]
    var faults: [String: [LoopbackSlack.Fault]] = [:]
    var isSocketModeOff = false
    private var made = 0
    private var lastStamp: Int64 = 0

    init(_ settings: LoopbackSlack.Settings) {
        self.settings = settings
        self.delivery = SlackDelivery(
            timing: SlackDelivery.Timing(acknowledge: settings.acknowledgeSeconds, retries: settings.retrySeconds))
        self.limits = SlackRateLimits(factor: settings.rateLimits.factor)
        self.add(
            SlackUser(
                id: Self.botUser, name: settings.botName, realName: settings.botName, teamID: settings.teamID,
                isBot: true))
        for (id, name) in [(LoopbackSlack.alice, "alice"), (LoopbackSlack.bob, "bob")] {
            self.add(SlackUser(id: id, name: name, realName: name, teamID: settings.teamID))
        }
        self.add(
            SlackUser(
                id: "U0OTHERBOT", name: "otherbot", realName: "Other Bot", teamID: settings.teamID, isBot: true))
        self.channels[LoopbackSlack.general] = SlackChannel(
            id: LoopbackSlack.general, name: "general", kind: .open,
            members: [LoopbackSlack.alice, LoopbackSlack.bob, Self.botUser])
    }

    mutating func add(_ user: SlackUser) {
        self.users[user.id] = user
    }

    /// A new id, such as `C0000000001`.
    mutating func identifier(_ prefix: String) -> String {
        self.made += 1
        let digits = String(self.made)
        return prefix + String(repeating: "0", count: max(0, 9 - digits.count)) + digits
    }

    /// A new timestamp, later than all others.
    mutating func stamp() -> String {
        self.lastStamp = max(self.lastStamp + 1, Int64(self.now * 1_000_000))
        let micros = String(self.lastStamp % 1_000_000)
        return "\(self.lastStamp / 1_000_000)." + String(repeating: "0", count: 6 - micros.count) + micros
    }

    // MARK: Calls

    /// Checks the token, scopes and rate limits of a call, and executes it.
    mutating func call(_ call: SlackCall) -> LoopbackSlack.Reply {
        self.counts[call.method, default: 0] += 1
        var headers: [(String, String)] = []
        var body: JSONObject
        var status = 200
        do throws(SlackRefusal) {
            guard let method = SlackMethod.all[call.method] else { throw SlackRefusal("unknown_method") }
            try self.check(call, method)
            if !method.isForApp {
                headers.append(("x-oauth-scopes", self.settings.scopes.sorted().joined(separator: ",")))
                headers.append(("x-accepted-oauth-scopes", method.scopes.joined(separator: ",")))
                if !method.scopes.isEmpty { try self.require(method.scopes) }
            }
            if let wait = self.limits.check(
                call.method, tier: method.tier, channel: call.text("channel"), now: self.now)
            {
                self.refusals["ratelimited", default: 0] += 1
                headers.append(("Retry-After", String(wait)))
                return LoopbackSlack.Reply(
                    status: 429, headers: headers, body: ["ok": false, "error": "ratelimited"])
            }
            if call.isJSON, !method.takesJSON {
                // Slack does not read the body and so finds every argument missing.
                throw SlackRefusal("invalid_arguments", messages: ["this method takes forms only"])
            }
            body = ["ok": true]
            body.merge(try method.body(&self, call))
            if let warning = call.warning {
                body["warning"] = .string(warning)
                body["response_metadata"] = ["warnings": [.string(warning)]]
            }
        } catch {
            self.refusals[error.error, default: 0] += 1
            body = error.body
            if error.error == "unknown_method" { status = 200 }
        }
        return LoopbackSlack.Reply(status: status, headers: headers, body: .object(body))
    }

    private func check(_ call: SlackCall, _ method: SlackMethod) throws(SlackRefusal) {
        guard let token = call.token else { throw SlackRefusal("not_authed") }
        if method.isForApp {
            guard token != self.settings.botToken else { throw SlackRefusal("not_allowed_token_type") }
            guard token == self.settings.appToken, !self.isAppTokenBad, call.hasHeaderToken else {
                throw SlackRefusal("invalid_auth")
            }
        } else {
            guard token != self.settings.appToken else { throw SlackRefusal("not_allowed_token_type") }
            guard token == self.settings.botToken else { throw SlackRefusal("invalid_auth") }
            guard !self.isRevoked else { throw SlackRefusal("token_revoked") }
        }
    }

    /// Throws `missing_scope` unless the token has one of them.
    func require(_ scopes: [String]) throws(SlackRefusal) {
        guard !scopes.contains(where: self.settings.scopes.contains) else { return }
        throw SlackRefusal(
            "missing_scope",
            [
                "needed": .string(scopes.joined(separator: ",")),
                "provided": .string(self.settings.scopes.sorted().joined(separator: ",")),
            ])
    }

    // MARK: Basics

    func authTest() -> JSONObject {
        [
            "url": .string("https://loopback.slack.com/"), "team": "Loopback", "user": .string(self.settings.botName),
            "team_id": .string(self.settings.teamID), "user_id": .string(Self.botUser), "bot_id": .string(Self.botID),
            "is_enterprise_install": false,
        ]
    }

    mutating func openConnection(_ call: SlackCall) throws(SlackRefusal) -> JSONObject {
        guard call.arguments["token"] == nil else { throw SlackRefusal("invalid_auth") }
        guard !self.isSocketModeOff else { throw SlackRefusal("socket_mode_disabled") }
        let ticket = self.identifier("ticket-")
        self.tickets[ticket] = self.now + self.settings.ticketSeconds
        let base = "ws" + self.baseURL.dropFirst(4)
        return ["url": .string("\(base)/link/?ticket=\(ticket)&app_id=\(self.settings.appID)")]
    }

    /// Whether this ticket may open a WebSocket; uses it up.
    mutating func redeem(_ ticket: String) -> Bool {
        (self.tickets.removeValue(forKey: ticket) ?? 0) > self.now
    }

    // MARK: Time

    /// Does whatever is due and passes on the delivery's actions.
    mutating func settle() {
        self.expire()
        self.actions += self.delivery.run(now: self.now)
        for item in self.delivery.takeAbandoned() {
            if let key = item.interaction { self.interactions[key]?.outcome.hasFailed = true }
        }
    }

    /// When ``settle()`` next has work to do.
    var nextTime: Double? { [self.delivery.nextTime, self.nextExpiry].compactMap { $0 }.min() }

    private mutating func expire() {
        self.expireStreams()
        self.shareUploads()
    }

    private var nextExpiry: Double? {
        [self.streams.first?.end, self.shares.map(\.due).min()].compactMap { $0 }.min()
    }

    /// The next fault for a call, if any.
    mutating func takeFault(_ method: String) -> LoopbackSlack.Fault? {
        for name in [method, "*"] where self.faults[name]?.isEmpty == false { return self.faults[name]?.removeFirst() }
        return nil
    }
}
