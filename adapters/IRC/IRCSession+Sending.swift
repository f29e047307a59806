internal import Chat

/// Messages out: the queue in front of the bucket, and how we learn that the server has a line.
///
/// With `echo-message` our own line comes back, with its msgid. Elsewhere a PING follows when the queue has run empty:
/// its PONG proves that the server has read everything before it.
extension IRCSession {
    /// Lines that may wait; more would be minutes of talk nobody reads.
    static let queueLimit = 1_000
    private static let confirmationLimit: Int64 = 30_000
    /// A line waits this long for the queue to run empty before a PING goes in between.
    private static let roundLimit: Int64 = 10_000

    /// One line of somebody's message.
    struct Post: Sendable {
        enum Proof: Sendable, Equatable { case echo, acknowledgement, pong }

        let number: Int
        let ticket: Int
        let room: RoomID
        /// Folded.
        let key: ExactText
        let line: IRCOutgoingLine
        var proof: Proof?
        /// The round of PING that proves it.
        var round: Int?
        var releasedAt: Int64 = 0
        var deadline: Int64 = 0

        var isReleased: Bool { self.proof != nil }
        var label: String { "jb-\(self.number)" }
    }

    /// What the caller waits for: usually one line.
    struct Ticket: Sendable {
        var linesLeft: Int
        var isAnyReleased = false
    }

    // MARK: In

    mutating func post(_ ticket: Int, _ message: OutgoingMessage) {
        do throws(AdapterError) {
            let target = try self.target(of: message.route)
            var lines = try self.lines(message, target: target)
            guard self.link.posts.count + lines.count <= Self.queueLimit else {
                throw AdapterError(.rateLimited, "Too many lines wait for this IRC network", retryAfter: .seconds(30))
            }
            lines[0].tags = self.replyTags(message.route)
            self.link.tickets[ticket] = Ticket(linesLeft: lines.count)
            for line in lines {
                self.link.lastPost += 1
                self.link.posts.append(
                    Post(
                        number: self.link.lastPost, ticket: ticket, room: message.route.room,
                        key: self.fold(target), line: line))
            }
            self.pump()
        } catch {
            self.act(.failed(ticket: ticket, error))
        }
    }

    /// The channel or nick that a route means now.
    func target(of route: Route) throws(AdapterError) -> String {
        guard self.link.phase == .ready else {
            throw AdapterError(.disconnected, "Not connected to \(self.settings.host)")
        }
        let key = self.fold(route.room.name)
        guard self.link.features.isChannel(key.text) else { return try self.nick(key, account: route.anchor) }
        guard let channel = self.link.channels[key] else {
            throw AdapterError(.forbidden, "The channel \(route.room.name) is not configured")
        }
        if channel.isJoined { return channel.name }
        if self.link.unsettled.contains(key) {
            throw AdapterError(.disconnected, "Still joining \(channel.name)", retryAfter: .seconds(2))
        }
        throw AdapterError(.forbidden, "Not in \(channel.name): \(channel.refusal ?? "no answer to the join")")
    }

    /// Where a person is to be reached who wrote as `key`: an answer for an account must not go to somebody else who
    /// took the nick.
    private func nick(_ key: ExactText, account: String?) throws(AdapterError) -> String {
        if let account {
            let isThem = { (person: Person) in person.account.map(self.fold) == ExactText(account) }
            guard let holder = self.link.people[key] else { return key.text }
            if isThem(holder) { return holder.nick }
            if let person = self.link.people.values.first(where: isThem) { return person.nick }
            throw AdapterError(.notFound, "\(account) is not on the network; the nick \(key) has another user now")
        }
        var key = key
        for _ in 0..<8 {
            guard let next = self.link.renames[key] else { break }
            key = next
        }
        return self.link.people[key]?.nick ?? key.text
    }

    /// The lines of a message: one, unless our prefix grew since it was measured or it holds line breaks.
    private func lines(_ message: OutgoingMessage, target: String) throws(AdapterError) -> [IRCOutgoingLine] {
        let isChannel = self.link.features.isChannel(target)
        var lead: [UInt8] = []
        if isChannel, let addressee = message.route.addressee { lead = Array("\(addressee): ".utf8) }
        let budget = self.budget(target: target)
        if lead.count * 2 > budget { lead = [] }
        var lines: [IRCOutgoingLine] = []
        for part in Array(message.text.utf8).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            // Between two 0x01 a text would be a command to people's clients.
            let text = part.filter { $0 != 0 && $0 != IRCCode.request }
            guard text.contains(where: { $0 > 0x20 }) else { continue }
            for piece in IRCCut.pieces(text, limit: budget - lead.count) {
                let bytes = [Array(target.utf8), lead + piece]
                lines.append(IRCOutgoingLine("PRIVMSG", bytes: bytes, hasText: true))
            }
        }
        guard !lines.isEmpty else { throw AdapterError(.invalid, "IRC cannot send an empty line") }
        return lines
    }

    /// Names the message that is answered, in the old and the new form; once, not at every line of an answer.
    private mutating func replyTags(_ route: Route) -> [(String, String?)] {
        guard let parent = route.replyTo, self.link.answered[route.room] != parent, parent.utf8.count <= 200,
            self.link.capabilities.enabled.contains("message-tags"), self.link.features.relays(tag: "draft/reply")
        else { return [] }
        if self.link.answered.count > 1_000 { self.link.answered = [:] }
        self.link.answered[route.room] = parent
        return [("+draft/reply", parent), ("+reply", parent)]
    }

    // MARK: Out

    /// Sends past the bucket: what the server waits for.
    mutating func sendNow(_ line: IRCOutgoingLine) {
        self.act(.send(line))
    }

    /// Queues a command of our own; it goes before people's messages.
    mutating func enqueue(_ line: IRCOutgoingLine, cost: Int = 1) {
        guard self.link.commands.count < Self.queueLimit else { return self.log(.warning, "Dropped \(line.command)") }
        self.link.commands.append(QueuedLine(line: line, cost: cost))
    }

    /// Sends what the bucket allows.
    mutating func pump() {
        guard self.link.phase == .ready else { return }
        repeat {
            while let command = self.link.commands.first {
                guard self.take(command.line.bytes.count, cost: command.cost) else { return }
                self.link.commands.removeFirst()
                self.act(.send(command.line))
                if let round = command.round { self.markRound(round) }
            }
            guard let index = self.link.posts.firstIndex(where: { !$0.isReleased }) else { break }
            guard self.release(index) else { return }
        } while true
        self.clearTimer(.flood)
        if self.askForProof() { self.pump() }
    }

    private mutating func release(_ index: Int) -> Bool {
        var post = self.link.posts[index]
        var line = post.line
        let enabled = self.link.capabilities.enabled
        let hasLabels = enabled.contains("labeled-response") && enabled.contains("batch")
        if hasLabels { line.tags.append(("label", post.label)) }
        guard self.take(line.bytes.count, cost: 1) else { return false }
        post.proof = enabled.contains("echo-message") ? .echo : hasLabels ? .acknowledgement : .pong
        post.releasedAt = self.now.monotonic
        post.deadline = self.now.monotonic + Self.confirmationLimit + (post.proof == .pong ? Self.roundLimit : 0)
        self.link.posts[index] = post
        self.link.tickets[post.ticket]?.isAnyReleased = true
        self.act(.send(line))
        self.watchPosts()
        if post.proof == .pong, self.isProofOverdue { _ = self.askForProof() }
        return true
    }

    private mutating func take(_ bytes: Int, cost: Int) -> Bool {
        let delay = self.link.bucket.delay(cost: cost, bytes: bytes, now: self.now.monotonic)
        guard delay == 0 else {
            self.setTimer(.flood, in: delay)
            return false
        }
        self.link.bucket.spend(cost: cost, bytes: bytes, now: self.now.monotonic)
        return true
    }

    // MARK: Proof by PONG

    private var isProofOverdue: Bool {
        self.link.posts.contains {
            $0.proof == .pong && $0.round == nil && self.now.monotonic - $0.releasedAt >= Self.roundLimit
        }
    }

    /// Queues a PING for all lines that are out and have none. True when there is one.
    private mutating func askForProof() -> Bool {
        guard self.link.posts.contains(where: { $0.proof == .pong && $0.round == nil }) else { return false }
        self.link.lastRound += 1
        let round = self.link.lastRound
        for index in self.link.posts.indices
        where self.link.posts[index].proof == .pong && self.link.posts[index].round == nil {
            self.link.posts[index].round = round
        }
        // ngIRCd holds data back instead of counting commands; everywhere else a PING is one.
        let cost = self.link.features.isNgIRCd ? 0 : 1
        self.link.commands.append(QueuedLine(line: IRCOutgoingLine("PING", "jb-\(round)"), cost: cost, round: round))
        return true
    }

    private mutating func markRound(_ round: Int) {
        for index in self.link.posts.indices where self.link.posts[index].round == round {
            self.link.posts[index].deadline = self.now.monotonic + Self.confirmationLimit
        }
        self.watchPosts()
    }

    mutating func receivePong(_ line: IRCLine) {
        let token = line.lastText
        guard token.hasPrefix("jb-"), let round = Int(token.dropFirst(3)) else { return }
        for post in self.link.posts where post.round.map({ $0 <= round }) == true { self.confirm(post.number, id: "") }
    }

    // MARK: Proof by echo

    /// Our own line came back. The label names it; else it is the oldest one to that target, the same text first,
    /// since servers may alter a text.
    mutating func receiveEcho(_ line: IRCLine) {
        self.learnOwnHost(line)
        guard !self.isBacklog(line) else { return }
        let id = line.tag("msgid") ?? ""
        if let label = self.label(of: line), let post = self.link.posts.first(where: { $0.label == label }) {
            return self.confirm(post.number, id: id)
        }
        let key = self.fold(line.text(0))
        let waiting = self.link.posts.filter { $0.proof == .echo && $0.key == key }
        let same = waiting.first { $0.line.parameters.last.map { $0[...] == line.raw(1) } == true }
        if let post = same ?? waiting.first { self.confirm(post.number, id: id) }
    }

    /// `ACK`: the labelled command was carried out and has no other answer.
    mutating func receiveAcknowledgement(_ line: IRCLine) {
        if let label = line.tag("label") { self.acknowledge(label) }
    }

    mutating func acknowledge(_ label: String) {
        if let post = self.link.posts.first(where: { $0.label == label }) { self.confirm(post.number, id: "") }
    }

    // MARK: Outcomes

    private mutating func confirm(_ number: Int, id: String) {
        guard let index = self.link.posts.firstIndex(where: { $0.number == number }) else { return }
        let post = self.link.posts.remove(at: index)
        self.watchPosts()
        self.link.tickets[post.ticket]?.linesLeft -= 1
        guard self.link.tickets[post.ticket]?.linesLeft == 0 else { return }
        self.link.tickets[post.ticket] = nil
        self.act(.posted(ticket: post.ticket, MessageReference(room: post.room, id: id)))
    }

    /// Ends the whole message that `post` belongs to. It surely did not arrive only if no other line of it went out.
    private mutating func fail(_ post: Post, _ code: AdapterError.Code, _ text: String, isCertain: Bool) {
        guard let ticket = self.link.tickets.removeValue(forKey: post.ticket) else { return }
        let others = self.link.posts.contains { $0.ticket == post.ticket && $0.number != post.number && $0.isReleased }
        self.link.posts.removeAll { $0.ticket == post.ticket }
        self.watchPosts()
        let isOnly = ticket.linesLeft == 1 || !others
        self.act(.failed(ticket: post.ticket, AdapterError(code, text, isCertain: isCertain && isOnly)))
    }

    /// Numerics from 400 on, which may be about a line of ours.
    mutating func receiveError(_ numeric: Int, _ line: IRCLine) {
        if self.receiveJoinRefusal(numeric, line) { return }
        let key = self.fold(line.text(1))
        if numeric == 401 { self.proveGone(key) }
        let label = self.label(of: line)
        let post = self.link.posts.first { post in
            post.isReleased && (label.map { post.label == $0 } ?? (post.key == key))
        }
        guard let post, let code = Self.code(numeric) else { return }
        self.fail(post, code, "\(line.text(1)): \(line.lastText)", isCertain: true)
    }

    /// What a numeric says about a PRIVMSG.
    private static func code(_ numeric: Int) -> AdapterError.Code? {
        switch numeric {
        case 401, 402, 403, 406: .notFound
        case 404, 408, 442, 473, 474, 475, 477, 482, 485, 486, 489, 531, 573, 716, 717: .forbidden
        case 407, 411, 412, 413, 414, 415, 417: .invalid
        case 439, 707: .rateLimited
        default: nil
        }
    }

    /// `FAIL PRIVMSG CODE [context] :text`
    mutating func receiveFail(_ line: IRCLine) {
        let label = self.label(of: line)
        guard let post = self.link.posts.first(where: { label == $0.label }) ?? self.onlyPost(line) else { return }
        self.fail(post, .invalid, "The server refuses the line: \(line.lastText)", isCertain: true)
    }

    /// Without a label a failure can be laid to a line only if there is no other one.
    private func onlyPost(_ line: IRCLine) -> Post? {
        let released = self.link.posts.filter(\.isReleased)
        return line.text(0).uppercased() == "PRIVMSG" && released.count == 1 ? released[0] : nil
    }

    /// A channel is gone: what was not sent yet surely did not arrive; what was may have.
    mutating func failPosts(to key: ExactText, _ error: AdapterError) {
        for post in self.link.posts where post.key == key {
            self.fail(post, error.code, error.message, isCertain: !post.isReleased)
        }
    }

    /// The wire is gone.
    mutating func failPosts(_ ending: IRCEnding) {
        for post in self.link.posts {
            self.fail(post, .disconnected, "Connection lost: \(ending.reason)", isCertain: !post.isReleased)
        }
    }

    private mutating func watchPosts() {
        let next = self.link.posts.lazy.filter(\.isReleased).map(\.deadline).min()
        self.link.timers[.confirmation] = next
    }

    mutating func expirePosts() {
        for post in self.link.posts where post.isReleased && post.deadline <= self.now.monotonic {
            self.fail(
                post, .timedOut, "The server did not confirm the line within half a minute", isCertain: false)
        }
        self.watchPosts()
    }
}
