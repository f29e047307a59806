internal import Chat
internal import Kit
internal import Logging

/// Outgoing messages: the queue in front of the bucket, and the confirmation that the server has a line.
///
/// With `echo-message` our line comes back with its msgid. Otherwise a PING follows once the queue is empty; its PONG
/// proves that the server has read everything before it.
extension IRCStateMachine {
    /// Maximum lines waiting; more would take many minutes to send.
    static let queueLimit = 1_000
    private static let confirmationLimit: Int64 = 30_000
    /// Milliseconds that a line waits for the queue to empty before a PING is inserted.
    private static let roundLimit: Int64 = 10_000

    /// A line of an outgoing message, or several that are one batch.
    struct Post: Sendable {
        enum Proof: Sendable, Equatable { case echo, acknowledgement, pong }

        let number: Int
        let ticket: Int
        let room: RoomID
        /// The folded target.
        let key: ExactText
        let lines: [PostLine]
        /// Whom the line is for, if it is private.
        let claim: Claim?
        /// Whether a WHOIS has just shown that they have the nick.
        var isProven = false
        var proof: Proof?
        /// The PING whose PONG confirms it.
        var round: Int?
        var releasedAt: Int64 = 0
        var deadline: Int64 = 0

        var isReleased: Bool { self.proof != nil }
        var label: String { "jb-\(self.number)" }
    }

    /// The posts of one message, usually one.
    struct Ticket: Sendable {
        var postsLeft: Int
        /// In a channel, until it is remembered.
        var text: [UInt8]?
        /// The id of a message in a channel to which the server gives none.
        var id = ""
    }

    // MARK: Queueing

    mutating func post(_ ticket: Int, _ message: OutgoingMessage) {
        do throws(AdapterError) {
            let target = try self.target(of: message.route)
            let begins = self.begins(message.route)
            var lines = try self.lines(message, target: target, isNamed: begins)
            guard self.link.posts.count + lines.count <= Self.queueLimit else {
                throw AdapterError(.rateLimited, "Too many lines are waiting to be sent", retryAfter: .seconds(30))
            }
            if begins { lines[0].line.tags = self.replyTags(message.route) }
            let groups = self.batches(of: lines)
            self.note(message.route)
            let claim = self.link.features.isChannel(target) ? nil : self.claim(message.route.anchor)
            if let claim { self.noteAnswered(self.fold(target), claim) }
            self.link.tickets[ticket] = Ticket(postsLeft: groups.count)
            if self.link.features.isChannel(target) {
                self.link.tickets[ticket]?.text = Array(message.text.utf8)
                self.link.tickets[ticket]?.id = "\(Self.localID)\(self.link.id)-p\(ticket)"
            }
            for group in groups {
                self.link.lastPost += 1
                self.link.posts.append(
                    Post(
                        number: self.link.lastPost, ticket: ticket, room: message.route.room,
                        key: self.fold(target), lines: group, claim: claim))
            }
            self.pump()
        } catch {
            self.act(.failed(ticket: ticket, error))
        }
    }

    // MARK: Sending

    /// Bypasses the bucket, for lines that the server waits for.
    mutating func sendNow(_ line: IRCOutgoingLine) {
        self.act(.send(line))
    }

    /// Queues a command, which is sent before people's messages, except the one whose turn it is.
    mutating func enqueue(_ line: IRCOutgoingLine, cost: Int = 1) {
        guard self.link.commands.count < Self.queueLimit else {
            return self.log(.warning, "Dropped a command (\(line.command)): the queue is full")
        }
        self.link.commands.append(QueuedLine(line: line, cost: cost))
    }

    /// Sends what the bucket allows. Commands and people's messages take turns while both wait: people can cause commands,
    /// and must not silence the bot by that.
    mutating func pump() {
        guard self.link.phase == .ready else { return }
        repeat {
            while let command = self.link.commands.first {
                if self.link.owesPost, let index = self.nextPost() {
                    guard self.release(index) else { return }
                    continue
                }
                guard self.take(command.line.bytes.count, cost: command.cost) else { return }
                self.link.commands.removeFirst()
                self.link.owesPost = true
                self.act(.send(command.line))
                if let round = command.round { self.markRound(round) }
            }
            if let index = self.nextPost() {
                guard self.release(index) else { return }
            } else if self.link.commands.isEmpty {
                break
            }
        } while true
        self.clearTimer(.flood)
        if self.askForProof() { self.pump() }
    }

    /// The first waiting post that may be sent. Passes those whose nick must be proven first, and asks for the proof;
    /// fails those whose nick somebody else has. Checked here because a nick may change hands while a line waits.
    private mutating func nextPost() -> Int? {
        if self.link.isLeaving { return nil }
        var index = 0
        while index < self.link.posts.count {
            let post = self.link.posts[index]
            guard !post.isReleased else {
                index += 1
                continue
            }
            guard let claim = post.claim, !post.isProven else { return index }
            switch self.verdict(post.key, claim) {
            case .proven: return index
            case .refuted:
                self.fail(post, .notFound, "Another user has the nick \(post.key)", isCertain: true)
                index = 0
            case .unknown:
                self.askHolder(post.key)
                index += 1
            }
        }
        return nil
    }

    /// Fails the lines that wait for the proof of a nick.
    mutating func failUnproven(_ key: ExactText, _ code: AdapterError.Code, _ text: String) {
        for post in self.link.posts where post.key == key && post.claim != nil && !post.isReleased {
            self.fail(post, code, text, isCertain: true)
        }
    }

    private mutating func release(_ index: Int) -> Bool {
        var post = self.link.posts[index]
        if post.isBatch, self.multiline == nil {
            self.separate(index)
            return true
        }
        let enabled = self.link.capabilities.enabled
        let hasLabels = enabled.contains("labeled-response") && enabled.contains("batch")
        // Send all lines of a batch at once, because nothing else may be sent before it ends. If it exceeds the budget,
        // the wait comes afterwards.
        let lines = post.sent(withLabel: hasLabels)
        guard self.take(lines.reduce(0) { $0 + $1.bytes.count }, cost: lines.count) else { return false }
        self.link.owesPost = false
        post.proof = enabled.contains("echo-message") ? .echo : hasLabels ? .acknowledgement : .pong
        post.releasedAt = self.now.monotonic
        post.deadline = self.now.monotonic + Self.confirmationLimit + (post.proof == .pong ? Self.roundLimit : 0)
        self.link.posts[index] = post
        for line in lines { self.act(.send(line)) }
        if let ticket = self.link.tickets[post.ticket], let text = ticket.text {
            self.link.tickets[post.ticket]?.text = nil
            self.noteOwn(text, in: post.key, id: ticket.id)
        }
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

    /// Queues a PING for all sent lines that have none; true if there are any.
    private mutating func askForProof() -> Bool {
        guard self.link.posts.contains(where: { $0.proof == .pong && $0.round == nil }) else { return false }
        self.link.lastRound += 1
        let round = self.link.lastRound
        for index in self.link.posts.indices
        where self.link.posts[index].proof == .pong && self.link.posts[index].round == nil {
            self.link.posts[index].round = round
        }
        // ngIRCd limits bytes, not commands; on other servers a PING counts as a command.
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

    /// Confirms the post whose echo arrived: by label, else by target and text, else the oldest to the target, since
    /// servers may alter a text.
    mutating func receiveEcho(_ line: IRCLine) {
        self.learnOwnHost(line)
        guard !self.isBacklog(line) else { return }
        let id = line.tag("msgid") ?? ""
        if let label = self.label(of: line), let post = self.link.posts.first(where: { $0.label == label }) {
            return self.confirm(post.number, id: id)
        }
        let key = self.fold(line.text(0))
        let waiting = self.link.posts.filter { $0.proof == .echo && $0.key == key }
        let same = waiting.first { $0.lines[0].line.parameters.last.map { $0[...] == line.raw(1) } == true }
        if let post = same ?? waiting.first { self.confirm(post.number, id: id) }
    }

    /// `ACK`: the labelled command succeeded and has no other response.
    mutating func receiveAcknowledgement(_ line: IRCLine) {
        if let label = line.tag("label") { self.acknowledge(label) }
    }

    mutating func acknowledge(_ label: String) {
        if let post = self.link.posts.first(where: { $0.label == label }) { self.confirm(post.number, id: "") }
    }

    // MARK: Outcomes

    mutating func confirm(_ number: Int, id: String) {
        guard let index = self.link.posts.firstIndex(where: { $0.number == number }) else { return }
        let post = self.link.posts.remove(at: index)
        self.watchPosts()
        self.link.tickets[post.ticket]?.postsLeft -= 1
        guard self.link.tickets[post.ticket]?.postsLeft == 0,
            let ticket = self.link.tickets.removeValue(forKey: post.ticket)
        else { return }
        if !ticket.id.isEmpty, !id.isEmpty { self.heard.rename(ticket.id, to: id, in: post.key) { $0.id = id } }
        self.act(.posted(ticket: post.ticket, MessageReference(room: post.room, id: id.isEmpty ? ticket.id : id)))
    }

    /// Fails the whole message of `post`. The failure is certain only if no other line of the message was sent.
    private mutating func fail(_ post: Post, _ code: AdapterError.Code, _ text: String, isCertain: Bool) {
        guard let ticket = self.link.tickets.removeValue(forKey: post.ticket) else { return }
        if !ticket.id.isEmpty { self.heard.remove(ticket.id, in: post.key) }
        // The line that named the person may be the one that is lost.
        self.link.answers[post.room] = nil
        let others = self.link.posts.contains { $0.ticket == post.ticket && $0.number != post.number && $0.isReleased }
        self.link.posts.removeAll { $0.ticket == post.ticket }
        self.watchPosts()
        let isOnly = ticket.postsLeft == 1 || !others
        // A channel that is closed to the bot may open again; a person who left is not known by a nick.
        let isOfRoom =
            code == .forbidden && self.link.features.isChannel(post.key.text) && !ContentRefusal.isMeant(by: text)
        self.act(
            .failed(
                ticket: post.ticket, AdapterError(code, text, isCertain: isCertain && isOnly, isOfRoom: isOfRoom)))
    }

    /// Handles an error numeric, which may refer to a line that we sent.
    mutating func receiveError(_ numeric: Int, _ line: IRCLine) {
        if self.receiveJoinRefusal(numeric, line) { return }
        let key = self.fold(line.text(1))
        if numeric == 401 {
            self.proveGone(key)
            self.concludeGone(key, "\(line.text(1)): \(line.lastText)")
            if key == self.fold(Self.nickServices) { self.endReclaiming() }
        }
        let label = self.label(of: line)
        let post = self.link.posts.first { post in
            post.isReleased && (label.map { post.label == $0 } ?? (post.key == key))
        }
        guard let post, let code = Self.code(numeric) else { return }
        self.fail(post, code, "\(line.text(1)): \(line.lastText)", isCertain: true)
    }

    /// The error that a numeric means for a PRIVMSG.
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
        if self.receiveRefusedBatch(line, label: label) { return }
        guard let post = self.link.posts.first(where: { label == $0.label }) ?? self.onlyPost(line) else { return }
        self.fail(post, .invalid, "The server rejected the line: \(line.lastText)", isCertain: true)
    }

    /// Without a label a failure can be attributed only if exactly one line is unconfirmed.
    private func onlyPost(_ line: IRCLine) -> Post? {
        let released = self.link.posts.filter(\.isReleased)
        return line.text(0).uppercased() == "PRIVMSG" && released.count == 1 ? released[0] : nil
    }

    /// Fails all posts to a channel that the bot has left. Those not yet sent certainly did not arrive.
    mutating func failPosts(to key: ExactText, _ error: AdapterError) {
        for post in self.link.posts where post.key == key {
            self.fail(post, error.code, error.message, isCertain: !post.isReleased)
        }
    }

    /// Fails all posts after the connection has ended.
    mutating func failPosts(_ ending: IRCEnding) {
        for post in self.link.posts {
            self.fail(post, .disconnected, "Connection lost: \(ending.reason)", isCertain: !post.isReleased)
        }
    }

    mutating func watchPosts() {
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
