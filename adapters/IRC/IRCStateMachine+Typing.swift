internal import Chat
internal import Kit

/// The typing sign, `@+typing=active TAGMSG target`. Clients show it for six seconds.
extension IRCStateMachine {
    struct Typing: Sendable {
        let route: Route
        let since: Int64
        var lastSent: Int64?
    }

    private static let refreshInterval: Int64 = 5_000
    /// Milliseconds after which the sign is no longer refreshed.
    private static let typingLimit: Int64 = 600_000

    /// Whether the server relays the typing sign.
    var canType: Bool {
        self.link.capabilities.enabled.contains("message-tags") && self.link.features.relays(tag: "typing")
    }

    mutating func setTyping(_ isTyping: Bool, in route: Route) {
        guard self.link.phase == .ready, self.canType else { return }
        if isTyping {
            guard self.link.typing[route.room] == nil, self.link.typing.count < 100 else { return }
            self.link.typing[route.room] = Typing(route: route, since: self.now.monotonic)
            self.refreshTyping()
        } else if let typing = self.link.typing.removeValue(forKey: route.room) {
            let isShown = typing.lastSent.map { self.now.monotonic - $0 < 6_000 } ?? false
            if isShown { self.sendTyping("done", route) }
        }
    }

    mutating func refreshTyping() {
        for (room, typing) in self.link.typing {
            if self.now.monotonic - typing.since > Self.typingLimit {
                self.link.typing[room] = nil
            } else if typing.lastSent.map({ self.now.monotonic - $0 >= 3_000 }) ?? true,
                self.sendTyping("active", typing.route)
            {
                self.link.typing[room]?.lastSent = self.now.monotonic
            }
        }
        if self.link.typing.isEmpty {
            self.clearTimer(.typing)
        } else {
            self.setTimer(.typing, in: Self.refreshInterval)
        }
    }

    /// Sends the sign only if nothing is queued and the bucket stays half full for the answer.
    @discardableResult private mutating func sendTyping(_ state: String, _ route: Route) -> Bool {
        guard self.link.commands.isEmpty, !self.link.posts.contains(where: { !$0.isReleased }),
            self.link.bucket.available(now: self.now.monotonic) > max(1, self.settings.flood.burst / 2),
            let target = try? self.target(of: route), self.isProven(route, at: target)
        else { return false }
        let line = IRCOutgoingLine("TAGMSG", target, tags: [("+typing", state)])
        self.link.bucket.spend(cost: 1, bytes: line.bytes.count, now: self.now.monotonic)
        self.sendNow(line)
        return true
    }
}
