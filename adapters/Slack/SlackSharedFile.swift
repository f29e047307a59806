internal import Chat
internal import JSON
internal import Kit

/// A file that a person shared, as its event tells: the message with it may come at the same time, or not at all.
struct SlackSharedFile: Sendable, Equatable {
    let id: String
    let channel: String
    let user: String
    let team: String
    /// Milliseconds since 1970.
    let time: Int64

    /// Of the event of a file that is a question of its own.
    static let idPrefix = "file:"

    /// Slack's ids of direct messages.
    var isDirect: Bool { self.channel.utf8.first == UInt8(ascii: "D") }
}

/// The files that came with messages, and those that were asked about without one. Bounded, and for ten minutes: a file may
/// be shared again, but Slack repeats an event for no longer.
struct SlackSeenFiles: Sendable {
    private enum Way: Sendable { case message, alone }

    private struct Share: Hashable, Sendable {
        let file: String
        let channel: String
    }

    private static let lifetime: Int64 = 600_000

    private var seen = RecentMap<Share, (way: Way, at: Int64)>(capacity: 1_000)

    private func way(of share: Share, at now: Int64) -> Way? {
        self.seen[share].flatMap { now - $0.at < Self.lifetime ? $0.way : nil }
    }

    /// - Parameter now: In monotonic milliseconds, as everywhere here.
    mutating func noteMessage(with files: [String], in channel: String, at now: Int64) {
        for share in files.map({ Share(file: $0, channel: channel) }) where self.way(of: share, at: now) == nil {
            self.seen[share] = (.message, now)
        }
    }

    /// Whether a file has come neither with a message nor alone.
    func isNew(_ file: SlackSharedFile, at now: Int64) -> Bool {
        self.way(of: Share(file: file.id, channel: file.channel), at: now) == nil
    }

    /// Notes that a file is a question of its own. False if its message has come in the meantime.
    mutating func ask(about file: SlackSharedFile, at now: Int64) -> Bool {
        guard self.isNew(file, at: now) else { return false }
        self.seen[Share(file: file.id, channel: file.channel)] = (.alone, now)
        return true
    }

    /// The question was not stored.
    mutating func forget(_ file: SlackSharedFile) { self.seen[Share(file: file.id, channel: file.channel)] = nil }

    /// A message without the files that were asked about alone; nil if nothing of it is left.
    func withoutAsked(_ message: InboundMessage, at now: Int64) -> InboundMessage? {
        let channel = message.route.room.name
        let files = message.attachments.filter { file in
            self.way(of: Share(file: file.id, channel: channel), at: now) != .alone
        }
        guard files.count < message.attachments.count else { return message }
        guard !files.isEmpty || !message.text.isEmpty || !message.enclosed.isEmpty else { return nil }
        return message.with(attachments: files)
    }
}

extension InboundMessage {
    fileprivate func with(attachments: [Attachment]) -> InboundMessage {
        InboundMessage(
            thread: self.thread, route: self.route, sender: self.sender, text: self.text, sentAt: self.sentAt,
            isDirect: self.isDirect, isAddressed: self.isAddressed, isMention: self.isMention,
            mentionsOthers: self.mentionsOthers, isThreaded: self.isThreaded, isBacklog: self.isBacklog,
            attachments: attachments, enclosed: self.enclosed)
    }
}

extension SlackReader {
    /// Nil for the bot's own file.
    func sharedFile(_ event: JSON, team: String) -> SlackSharedFile? {
        guard let file = Self.id(event["file_id"] ?? event["file"]?["id"]), let channel = Self.id(event["channel_id"]),
            let user = Self.id(event["user_id"]), user != self.bot.user,
            let time = SlackTimestamp.milliseconds(Self.stamp(event["event_ts"]))
        else { return nil }
        return SlackSharedFile(id: file, channel: channel, user: user, team: team, time: time)
    }

    /// How much earlier than its file's event a message may be, in milliseconds.
    private static let earliest: Int64 = 60_000

    /// Whether the message is the one with which its author shared the file now. The file may have been shared before, by
    /// others: what they wrote is not to be read as if they had written it again.
    static func isOf(_ shared: SlackSharedFile, _ message: JSON) -> Bool {
        guard let time = Self.timestamp(message["ts"]).flatMap(SlackTimestamp.milliseconds) else { return false }
        return Self.id(message["user"]) == shared.user && time >= shared.time - Self.earliest
    }

    /// Where a file was shared last in a channel: the message, and the root of its thread.
    static func place(of file: JSON?, in channel: String) -> (message: String, root: String?)? {
        for kind in ["private", "public"] {
            let shares = file?["shares"]?[kind]?[channel]?.arrayValue ?? []
            if let share = shares.last(where: { Self.timestamp($0["ts"]) != nil }), let ts = Self.timestamp(share["ts"])
            {
                return (ts, Self.timestamp(share["thread_ts"]))
            }
        }
        return nil
    }

    /// A file's question in a direct message when Slack names no message for the file.
    func message(of shared: SlackSharedFile, _ file: JSON) -> Item? {
        let files = Self.attachments(.array([file]))
        guard shared.isDirect, !files.isEmpty else { return nil }
        let sender = self.sender(shared.user, team: shared.team, name: nil)
        let message = InboundMessage(
            thread: self.thread(shared.channel, root: nil),
            route: Route(room: self.room(shared.channel), recipient: String(sender.id.dropFirst(6))), sender: sender,
            text: "", sentAt: shared.time, isDirect: true, isAddressed: false, attachments: files)
        return .message(message, id: "\(SlackSharedFile.idPrefix)\(shared.channel)/\(shared.id)")
    }
}
