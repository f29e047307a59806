internal import JSON

/// The threads to read after an absence, those with something for the bot first: anyone in a channel can begin thousands,
/// and each is at least one call of the few that Slack allows in a minute. Pure.
struct SlackMissedThreads: Sendable {
    /// The likeliest to have something for the bot first.
    enum Rank: Sendable, Comparable {
        /// Known from before the absence.
        case known
        /// Direct, or the bot has written in it.
        case own
        /// Begins with a mention of the bot.
        case mentioned
        /// A reply may mention the bot.
        case other
    }

    struct Thread: Sendable, Equatable {
        let channel: String
        let isDirect: Bool
        let root: String
        let rank: Rank
    }

    /// Of a channel and of all, beside the known ones.
    static let (channelLimit, limit) = (100, 500)

    private var threads: [Thread] = []
    private var leftOut = 0

    /// Adds a channel's known threads, and those that begin with one of its missed messages.
    mutating func add(
        _ messages: [JSON], in channel: String, isDirect: Bool, known: [String], bot: SlackIdentity
    ) {
        var seen: Set<String> = []
        for root in known where seen.insert(root).inserted {
            self.threads.append(Thread(channel: channel, isDirect: isDirect, root: root, rank: .known))
        }
        var found: [Thread] = []
        for message in messages where message["reply_count"]?.intValue ?? 0 > 0 {
            guard let root = SlackReader.timestamp(message["ts"]), seen.insert(root).inserted else { continue }
            let rank: Rank = isDirect ? .own : Self.rank(of: message, bot)
            found.append(Thread(channel: channel, isDirect: isDirect, root: root, rank: rank))
        }
        self.leftOut += max(0, found.count - Self.channelLimit)
        self.threads += found.sorted(by: Self.isBefore).prefix(Self.channelLimit)
    }

    private static func rank(of root: JSON, _ bot: SlackIdentity) -> Rank {
        let writers = root["reply_users"]?.arrayValue ?? []
        if bot.isOwn(root) || writers.contains(where: { $0.stringValue == bot.user }) { return .own }
        return SlackIncomingText(message: root, bot: bot).mentionsBot ? .mentioned : .other
    }

    /// Within a rank, the newest first.
    private static func isBefore(_ one: Thread, _ other: Thread) -> Bool {
        one.rank == other.rank ? SlackTimestamp.isEarlier(other.root, one.root) : one.rank < other.rank
    }

    /// In the order in which to read them, and the number of those that are left out.
    var chosen: (threads: [Thread], leftOut: Int) {
        let sorted = self.threads.sorted(by: Self.isBefore)
        let limit = sorted.count { $0.rank == .known } + Self.limit
        return (Array(sorted.prefix(limit)), self.leftOut + max(0, sorted.count - limit))
    }
}
