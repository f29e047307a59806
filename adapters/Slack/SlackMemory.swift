internal import JSON

/// What has to outlive the process: until when everything was seen, and the threads to look into after an absence.
package struct SlackMemory: Sendable, Equatable {
    /// A thread that the bot may be part of.
    struct Thread: Sendable, Equatable {
        var channel: String
        var root: String
        /// When it was last written in, in milliseconds since 1970.
        var last: Int64
    }

    /// Milliseconds since 1970: what was written before it came in, or was fetched.
    var seen: Int64?
    /// The most recent ones, the latest last.
    private(set) var threads: [Thread] = []

    static let threadLimit = 200

    init() {}

    /// Notes that somebody wrote in a thread.
    mutating func note(channel: String, root: String, at time: Int64) {
        self.threads.removeAll { $0.channel == channel && $0.root == root }
        self.threads.append(Thread(channel: channel, root: root, last: time))
        if self.threads.count > Self.threadLimit { self.threads.removeFirst() }
    }

    /// Reads what ``bytes`` wrote; what does not fit is skipped, since a lost memory only costs convenience.
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

/// Keeps an adapter's ``SlackMemory`` between runs; `none` forgets.
package struct SlackMemoryStore: Sendable {
    /// What was kept, or nil.
    package var load: @Sendable () async -> [UInt8]?
    /// Keeps it; a failure is the keeper's to log.
    package var save: @Sendable ([UInt8]) async -> Void

    package init(load: @escaping @Sendable () async -> [UInt8]?, save: @escaping @Sendable ([UInt8]) async -> Void) {
        self.load = load
        self.save = save
    }

    package static let none = Self(load: { nil }, save: { _ in })
}
