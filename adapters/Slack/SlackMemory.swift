internal import JSON

/// State that outlives the process: the time up to which everything was seen, and the threads to read after an absence.
package struct SlackMemory: Sendable, Equatable {
    /// A thread that the bot may be part of.
    struct Thread: Sendable, Equatable {
        var channel: String
        var root: String
        /// The time of its last message, in milliseconds since 1970.
        var last: Int64
    }

    /// Milliseconds since 1970: everything written before was delivered or fetched.
    var seen: Int64?
    /// The most recent threads, the latest last.
    private(set) var threads: [Thread] = []

    static let threadLimit = 200

    init() {}

    /// Notes a message in a thread.
    mutating func note(channel: String, root: String, at time: Int64) {
        self.threads.removeAll { $0.channel == channel && $0.root == root }
        self.threads.append(Thread(channel: channel, root: root, last: time))
        if self.threads.count > Self.threadLimit { self.threads.removeFirst() }
    }

    /// Reads ``bytes``; skips invalid parts, since a lost memory only costs convenience.
    init(bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes) else { return }
        self.seen = json["seen"]?.intValue.map { Int64($0) }
        for entry in (json["threads"]?.arrayValue ?? []).suffix(Self.threadLimit) {
            guard let channel = SlackReader.channel(entry["channel"]), let root = SlackReader.timestamp(entry["root"])
            else { continue }
            self.threads.append(Thread(channel: channel, root: root, last: Int64(entry["last"]?.intValue ?? 0)))
        }
    }

    var bytes: [UInt8] {
        let threads = self.threads.map { thread -> JSON in
            ["channel": .string(thread.channel), "root": .string(thread.root), "last": .integer(thread.last)]
        }
        var object: JSONObject = ["threads": .array(threads)]
        if let seen = self.seen { object["seen"] = .integer(seen) }
        return JSON.object(object).bytes
    }
}
