internal import Chat
internal import Kit
internal import Primitives

/// Lines that belong together. IRC has short lines only: a client splits a long text, and a paste is many lines.
///
/// The first line is delivered at once, unless it is so long that it was probably split. What the same person writes right
/// after it is gathered into one further message, in a channel also without our nick.
extension IRCStateMachine {
    /// A person in a channel, or in a query.
    struct Speaker: Hashable, Sendable {
        let channel: ExactText?
        let nick: ExactText
        let isBacklog: Bool
    }

    /// What a person has just said to us.
    struct Talk: Sendable {
        /// Who said it: a nick may have changed hands between two lines of a history.
        let sender: Sender
        /// Of the last line: when it came, in monotonic milliseconds, or when it was written, if it is backlog.
        var last: Int64
        var wasLong: Bool
        /// The lines that wait for more.
        var held: Held?
    }

    struct Held: Sendable {
        /// The first line's.
        let event: InboundEvent
        var text: String
        var lines = 1
    }

    /// Milliseconds between two lines of one text, and to wait for another line after a short one.
    private static let (pause, shortPause): (Int64, Int64) = (1_500, 300)
    /// Bytes of a line that a client has probably split.
    private static let longLine = 350
    private static let (lineLimit, byteLimit) = (100, 50_000)
    private static let (talkLimit, heldLimit) = (256, 64)

    // MARK: Parts

    /// Whether a line in a channel without our nick is part of what was just said to us.
    ///
    /// - Parameters:
    ///   - sender: Made only for somebody who has just said something to us: most lines of a channel are others'.
    ///   - time: When it was written, if it is backlog.
    func isPart(
        _ plain: ArraySlice<UInt8>, by nick: ExactText, _ sender: @autoclosure () -> Sender, in channel: ExactText,
        at time: Int64?
    ) -> Bool {
        let speaker = Speaker(channel: channel, nick: nick, isBacklog: time != nil)
        guard let talk = self.link.talks[speaker], self.follows(time ?? self.now.monotonic, sender(), talk) else {
            return false
        }
        return !self.mentionsOthers(plain, in: channel, by: nick) && !Self.standsAlone(plain)
    }

    private func follows(_ moment: Int64, _ sender: Sender, _ talk: Talk) -> Bool {
        (0...Self.pause).contains(moment - talk.last) && sender.identities == talk.sender.identities
    }

    /// Whether a line is a command or an aside, also if it comes right after another one.
    private static func standsAlone(_ text: some Collection<UInt8>) -> Bool {
        let text = text.drop { $0 <= 0x20 }
        if text.first == UInt8(ascii: "!"), let next = text.dropFirst().first {
            return (0x61...0x7A).contains(next | 0x20)
        }
        return text.prefix(7).map { $0 | 0x20 }.elementsEqual("(aside)".utf8)
    }

    /// The id of the message that a part of it in a channel becomes part of; nil if the part becomes one of its own.
    func idOfTalk(_ nick: ExactText, in channel: ExactText, isBacklog: Bool, ifPart isPart: Bool) -> String? {
        guard isPart, let talk = self.link.talks[Speaker(channel: channel, nick: nick, isBacklog: isBacklog)],
            case .message(let message) = talk.held?.event.kind
        else { return nil }
        return message.route.replyTo
    }

    // MARK: Gathering

    /// Delivers what a person said, with what belongs to it.
    ///
    /// - Parameter isPart: In a channel, whether it has no call of its own.
    /// - Parameter isComplete: Whether it was not split, however long it is.
    mutating func say(_ event: InboundEvent, by nick: ExactText, isPart: Bool = false, isComplete: Bool = false) {
        guard case .message(let message) = event.kind else { return self.act(.deliver(event)) }
        let speaker = Speaker(
            channel: message.isDirect ? nil : ExactText(message.route.room.name), nick: nick,
            isBacklog: message.isBacklog)
        let moment = message.isBacklog ? message.sentAt : self.now.monotonic
        let isLong = !isComplete && message.text.utf8.count >= Self.longLine
        let isAlone = Self.standsAlone(message.text.utf8)
        let follows = self.link.talks[speaker].map { self.follows(moment, message.sender, $0) } == true
        if follows, !isAlone, message.isDirect || isPart {
            self.gather(event, message.text, speaker)
        } else {
            self.finishTalk(speaker)
            self.link.talks[speaker] = nil
            if isLong || !isAlone { self.begin(event, message, speaker, isLong: isLong) }
            if !isLong { self.act(.deliver(event)) }
        }
        self.link.talks[speaker]?.last = moment
        self.link.talks[speaker]?.wasLong = isLong
        guard self.link.talks[speaker]?.held != nil else { return }
        self.setTimer(.talk(speaker), in: isLong ? Self.pause : Self.shortPause)
    }

    private mutating func begin(
        _ event: InboundEvent, _ message: InboundMessage, _ speaker: Speaker, isLong: Bool
    ) {
        self.makeRoom()
        self.link.talks[speaker] = Talk(
            sender: message.sender, last: 0, wasLong: isLong,
            held: isLong ? Held(event: event, text: message.text) : nil)
    }

    private mutating func gather(_ event: InboundEvent, _ text: String, _ speaker: Speaker) {
        if let held = self.link.talks[speaker]?.held,
            held.lines >= Self.lineLimit || held.text.utf8.count + text.utf8.count >= Self.byteLimit
        {
            self.finishTalk(speaker)
        }
        // A client splits a long line between words.
        let link = self.link.talks[speaker]?.wasLong == true ? " " : "\n"
        if self.link.talks[speaker]?.held == nil {
            self.link.talks[speaker]?.held = Held(event: event, text: text)
        } else {
            self.link.talks[speaker]?.held?.text += link + text
            self.link.talks[speaker]?.held?.lines += 1
        }
    }

    private mutating func makeRoom() {
        let count = self.link.talks.count
        guard count >= Self.heldLimit else { return }
        // First those that nothing can follow any more.
        self.link.talks = self.link.talks.filter { speaker, talk in
            talk.held != nil
                || (speaker.isBacklog
                    ? count < Self.talkLimit : self.follows(self.now.monotonic, talk.sender, talk))
        }
        let held = self.link.talks.filter { $0.value.held != nil }
        if held.count >= Self.heldLimit, let oldest = held.min(by: { $0.value.last < $1.value.last })?.key {
            self.finishTalk(oldest)
        }
    }

    // MARK: Delivering

    /// Delivers the lines that wait for more.
    mutating func finishTalk(_ speaker: Speaker) {
        self.clearTimer(.talk(speaker))
        guard let held = self.link.talks[speaker]?.held else { return }
        self.link.talks[speaker]?.held = nil
        guard held.lines > 1, case .message(let message) = held.event.kind else {
            return self.act(.deliver(held.event))
        }
        self.act(
            .deliver(
                InboundEvent(
                    id: held.event.id, adapter: held.event.adapter, kind: .message(message.with(text: held.text)))))
    }

    mutating func finishTalks(of nick: ExactText) {
        for speaker in self.link.talks.keys where speaker.nick == nick {
            self.finishTalk(speaker)
            self.link.talks[speaker] = nil
        }
    }

    mutating func finishTalks() {
        for speaker in self.link.talks.keys { self.finishTalk(speaker) }
        self.link.talks = [:]
    }
}

extension InboundMessage {
    fileprivate func with(text: String) -> InboundMessage {
        InboundMessage(
            thread: self.thread, route: self.route, sender: self.sender, text: text, sentAt: self.sentAt,
            isDirect: self.isDirect, isAddressed: self.isAddressed, isMention: self.isMention,
            mentionsOthers: self.mentionsOthers, isBacklog: self.isBacklog)
    }
}
