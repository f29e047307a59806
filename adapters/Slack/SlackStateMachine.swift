internal import Chat
internal import Kit
internal import Logging

/// The connections of one Slack app: when to call `auth.test`, when to open a socket and when to close one. Pure:
/// inputs and time in, actions out.
///
/// In Socket Mode two sockets are kept. Slack sends each event to one of them and recycles them every few hours; the
/// new one is opened before the old one closes. A socket counts as up after its `hello`, not after its handshake.
struct SlackStateMachine: Sendable {
    enum Input: Sendable {
        case started
        /// `auth.test` answered.
        case identified(SlackIdentity)
        case failed(Call, SlackFailure)
        /// The socket `link` is open; its `hello` is still to come.
        case opened(Int)
        case frame(Int, SlackFrame)
        /// The socket `link` ended.
        case ended(Int, reason: String)
        /// A payload reported that the token was revoked or the app uninstalled.
        case revoked(String)
        case time
        case stop
    }

    /// A call that the connection itself needs.
    enum Call: Sendable, Equatable {
        case identify
        case open(Int)
    }

    enum Action: Sendable, Equatable {
        case call(Call)
        /// Closes the socket; events that it delivered may still be acknowledged.
        case close(Int)
        case accept(Int, SlackEnvelope)
        case status(AdapterStatus.State, detail: String?)
        /// Events may have been missed since the connection was last up.
        case catchUp
        case log(LogLevel, String)
    }

    /// A socket, from the decision to open it to its end.
    struct Link: Sendable, Equatable {
        enum State: Sendable, Equatable {
            /// `apps.connections.open` and the handshake are in progress.
            case opening
            /// Waits for `hello`.
            case greeting(until: Int64)
            case up
            /// Another socket replaces it; it is closed at that time at the latest.
            case leaving(until: Int64)
        }

        var state: State
        /// The link that it replaces.
        var replaces: Int?
    }

    // In milliseconds.

    /// How long a socket may take to send `hello`.
    static let greetingTime: Int64 = 15_000
    /// How long an old socket is kept for events that it still delivers.
    static let leavingTime: Int64 = 12_000
    /// Minimum interval between non-urgent connections: Slack allows few calls of `apps.connections.open` a minute.
    static let openingInterval: Int64 = 3_000
    /// Interval between retries after a refusal.
    static let refusalInterval: Int64 = 600_000
    /// Interval between checks of a connection without sockets.
    static let checkInterval: Int64 = 60_000
    /// Gaps up to this length are covered by Slack's own redelivery.
    static let gapTolerance: Int64 = 8_000

    /// The maximum connections, of the ten that an app may have, that leave room for another one and for replacements.
    static let connectionsWithRoom = 6

    static let isOff = "Socket Mode is switched off; switch it on at api.slack.com/apps under Settings → Socket Mode"

    let isSocket: Bool
    /// The number of sockets to keep: fewer while other hosts use most of the app's connections.
    private(set) var wanted: Int
    private let most: Int
    private(set) var identity: SlackIdentity?
    private(set) var links: [Int: Link] = [:]
    private(set) var isUp = false
    private var lastLink = 0
    private var failures = 0
    private var isStopping = false
    private var isRefused = false
    /// The reason, until a connection is up again, so that the log reports it once.
    private var refusal: String?
    private var isIdentifying = false
    private var nextIdentify: Int64?
    private var nextOpen: Int64 = 0
    /// When the last connection ended; nil while one is up, or before the first.
    private var downSince: Int64?
    private var wasUp = false
    /// A number between 0 and 1 for the jitter of waits.
    private let random: @Sendable () -> Double

    init(isSocket: Bool, links: Int = 2, random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }) {
        self.isSocket = isSocket
        self.wanted = links
        self.most = links
        self.random = random
    }

    /// When ``Input/time`` is due, on the monotonic clock.
    var deadline: Int64? {
        guard !self.isStopping else { return nil }
        var deadlines = self.links.values.compactMap { link in
            switch link.state {
            case .greeting(let until), .leaving(let until): until
            case .opening, .up: nil
            }
        }
        if let nextIdentify = self.nextIdentify, !self.isIdentifying { deadlines.append(nextIdentify) }
        if self.needsLink, !self.isOpening { deadlines.append(self.nextOpen) }
        return deadlines.min()
    }

    mutating func handle(_ input: Input, at now: AdapterTime) -> [Action] {
        guard !self.isStopping else { return self.handleLate(input) }
        let time = now.monotonic
        switch input {
        case .started: return [.status(.connecting, detail: nil)] + self.identify()
        case .identified(let identity): return self.identified(identity, at: time)
        case .failed(let call, let failure): return self.failed(call, failure, at: time)
        case .opened(let link):
            guard self.links[link] != nil else { return [.close(link)] }
            self.links[link]?.state = .greeting(until: time + Self.greetingTime)
            return []
        case .frame(let link, let frame): return self.read(frame, from: link, at: time)
        case .ended(let link, let reason): return self.ended(link, reason, at: time)
        case .revoked(let detail): return self.refuse(detail, at: time)
        case .time: return self.due(at: time)
        case .stop:
            self.isStopping = true
            self.isUp = false
            return self.links.keys.sorted().map { .close($0) } + [.status(.down, detail: nil)]
        }
    }

    private func handleLate(_ input: Input) -> [Action] {
        switch input {
        case .opened(let link): [.close(link)]
        case .frame(let link, .envelope(let envelope)): [.accept(link, envelope)]
        default: []
        }
    }

    // MARK: Identity

    private mutating func identify() -> [Action] {
        self.isIdentifying = true
        self.nextIdentify = nil
        return [.call(.identify)]
    }

    private mutating func identified(_ identity: SlackIdentity, at time: Int64) -> [Action] {
        let isNews = self.identity != identity
        self.identity = identity
        self.isIdentifying = false
        self.isRefused = false
        var actions: [Action] = []
        if isNews {
            let place = "\(identity.teamName) (\(identity.team))"
            actions.append(.log(.info, "Slack: signed in as \(identity.name) (\(identity.user)) in \(place)"))
        }
        if self.isSocket {
            actions += self.openDue(at: time)
        } else {
            self.failures = 0
            self.nextIdentify = time + Self.checkInterval
            actions += self.nowUp(at: time)
        }
        return actions
    }

    private mutating func failed(_ call: Call, _ failure: SlackFailure, at time: Int64) -> [Action] {
        if case .open(let link) = call {
            let replaced = self.links.removeValue(forKey: link)?.replaces
            // The socket that was to be replaced stays up until Slack closes it.
            if let replaced, let old = self.links[replaced], case .leaving = old.state {
                self.links[replaced]?.state = .up
            }
        } else {
            self.isIdentifying = false
        }
        if failure.isFinal { return self.refuse(failure.message, at: time) }
        self.failures += 1
        let wait = max(self.backoff, min(failure.retryAfter ?? 0, SlackPace.longestReadPause))
        if case .open = call { self.nextOpen = time + wait } else { self.nextIdentify = time + wait }
        return self.nowDown(failure.message, at: time)
    }

    /// Retries only after ten minutes: an owner has to act.
    private mutating func refuse(_ detail: String, at time: Int64) -> [Action] {
        let isNews = self.refusal != detail
        self.refusal = detail
        self.isRefused = true
        self.isUp = false
        self.downSince = self.downSince ?? time
        self.nextIdentify = time + Self.refusalInterval
        let closed = self.links.keys.sorted().map { Action.close($0) }
        self.links = [:]
        return closed + (isNews ? [.log(.error, "Slack refused the connection: \(detail)")] : [])
            + [.status(.refused, detail: detail)]
    }

    // MARK: Sockets

    private var current: Int { self.links.values.count { !$0.isLeaving } }

    private var needsLink: Bool {
        self.isSocket && self.identity != nil && !self.isRefused && self.current < self.wanted
    }

    private var isOpening: Bool { self.links.values.contains { $0.state != .up && !$0.isLeaving } }

    /// Opens missing sockets one at a time, so that a refusal of the first is known before the second.
    private mutating func openDue(at time: Int64) -> [Action] {
        guard self.needsLink, !self.isOpening, self.nextOpen <= time else { return [] }
        return self.open(replacing: nil, at: time)
    }

    private mutating func open(replacing old: Int?, at time: Int64) -> [Action] {
        self.lastLink += 1
        self.links[self.lastLink] = Link(state: .opening, replaces: old)
        self.nextOpen = time + Self.openingInterval
        return [.call(.open(self.lastLink))]
    }

    private mutating func read(_ frame: SlackFrame, from link: Int, at time: Int64) -> [Action] {
        switch frame {
        case .envelope(let envelope): return [.accept(link, envelope)]
        case .unknown(let what): return [.log(.debug, "Slack sent \(what)")]
        case .hello(let connections):
            guard self.links[link] != nil else { return [.close(link)] }
            self.links[link] = Link(state: .up)
            self.failures = 0
            if connections <= Self.connectionsWithRoom { self.wanted = self.most }
            // The replaced socket is left open until its deadline: it may still deliver events.
            let news = Action.log(.debug, "Slack socket \(link) is up; connections of the app: \(connections)")
            return [news] + self.nowUp(at: time) + self.openDue(at: time)
        case .disconnect(let reason): return self.disconnected(link, reason, at: time)
        }
    }

    private mutating func disconnected(_ link: Int, _ reason: String, at time: Int64) -> [Action] {
        switch reason {
        case "link_disabled":
            return self.refuse(Self.isOff, at: time)
        case "too_many_websockets":
            // An app may have ten, so other hosts use this app: keep fewer and retry later.
            self.links[link] = nil
            self.wanted = max(1, self.wanted - 1)
            self.failures += 1
            self.nextOpen = time + max(60_000, self.backoff)
            var actions: [Action] = [
                .close(link),
                .log(.warning, "Slack: this app has too many open connections; other hosts receive some of its events"),
            ]
            if !self.hasUp { actions += self.nowDown("other hosts use all connections of this app", at: time) }
            return actions
        default:
            guard let old = self.links[link], !old.isLeaving else { return [] }
            self.links[link]?.state = .leaving(until: time + Self.leavingTime)
            // Opened at once, whatever the pace, so that it is up before the old one closes.
            return self.isOpening ? [] : self.open(replacing: link, at: time)
        }
    }

    private mutating func ended(_ link: Int, _ reason: String, at time: Int64) -> [Action] {
        guard let old = self.links.removeValue(forKey: link) else { return [] }
        var actions: [Action] = [.log(.debug, "Slack socket \(link) ended: \(reason)")]
        // A socket that was up is replaced at once, unless one was opened just before.
        if !old.isLeaving, old.state != .up {
            self.failures += 1
            self.nextOpen = max(self.nextOpen, time + self.backoff)
        }
        if !self.hasUp { actions += self.nowDown("the connection to Slack ended: \(reason)", at: time) }
        return actions + self.openDue(at: time)
    }

    private var hasUp: Bool { self.links.values.contains { $0.state == .up || $0.isLeaving } }

    private var backoff: Int64 {
        let full = min(Int64(60_000), Int64(1_000) << Int64(min(self.failures, 6)))
        return full / 2 + Int64(Double(full / 2) * self.random())
    }

    // MARK: Time

    private mutating func due(at time: Int64) -> [Action] {
        var actions: [Action] = []
        for (number, link) in self.links.sorted(by: { $0.key < $1.key }) {
            switch link.state {
            case .greeting(let until) where until <= time:
                actions += [.close(number)] + self.ended(number, "no hello within 15 s", at: time)
            case .leaving(let until) where until <= time:
                self.links[number] = nil
                actions.append(.close(number))
                if !self.hasUp { actions += self.nowDown("the connection to Slack was recycled", at: time) }
            default: break
            }
        }
        if let next = self.nextIdentify, next <= time, !self.isIdentifying { actions += self.identify() }
        return actions + self.openDue(at: time)
    }

    // MARK: State

    private mutating func nowUp(at time: Int64) -> [Action] {
        guard !self.isUp else { return [] }
        self.isUp = true
        self.refusal = nil
        let gap = self.downSince.map { time - $0 } ?? .max
        self.downSince = nil
        let isGap = !self.wasUp || gap > Self.gapTolerance
        self.wasUp = true
        return [.status(.up, detail: nil)] + (isGap ? [.catchUp] : [])
    }

    private mutating func nowDown(_ detail: String, at time: Int64) -> [Action] {
        let wasUp = self.isUp
        self.isUp = false
        if self.downSince == nil { self.downSince = time }
        return (wasUp ? [.log(.warning, "Slack: \(detail)")] : []) + [.status(.connecting, detail: detail)]
    }
}

extension SlackStateMachine.Link {
    var isLeaving: Bool { if case .leaving = self.state { true } else { false } }
}
