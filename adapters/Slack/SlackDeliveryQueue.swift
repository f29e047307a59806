internal import Chat
internal import JSON
internal import Primitives

/// The payloads of some rooms that wait to be stored, in order; a room always has the same queue.
final class SlackDeliveryQueue: Sendable {
    /// Reports whether a payload is stored and may be acknowledged, with the answer if there is one.
    typealias Answer = @Sendable (_ isStored: Bool, _ payload: JSON?) -> Void

    /// What a payload mentions by ids whose names are still to be looked up.
    struct Naming: Sendable {
        let ids: [String]
        /// Reads the payload again with names.
        let read: @Sendable ([String: String]) -> [SlackReader.Item]

        /// Nil for what is not for the bot, which needs no names, and where all are known.
        init?(
            _ items: [SlackReader.Item], ids: () -> [String],
            read: @escaping @Sendable ([String: String]) -> [SlackReader.Item]
        ) {
            switch items.first {
            case .message(let message, _)?:
                guard message.needsNames else { return nil }
            case .other(.messageEdited, _)?: break
            default: return nil
            }
            let ids = ids()
            guard !ids.isEmpty else { return nil }
            self.ids = ids
            self.read = read
        }
    }

    struct Job: Sendable {
        var items: [SlackReader.Item]
        var naming: Naming?
        /// What to answer where the sender is a stranger.
        var refusal: JSON?
        var answer: Answer
    }

    /// How long a message waits for earlier ones, which Slack may send by the other socket.
    static let gathering: Duration = .milliseconds(20)
    static let count = 4
    /// Maximum jobs waiting in one queue; while it is full, the sockets are not read.
    static let limit = 512

    private let jobs = Protected<(list: [Job], isClosed: Bool)>(([], false))
    private let hasJobs = Signal()
    private let hasRoom = Signal()

    /// False when the queue is closed.
    func append(_ job: Job) -> Bool {
        let isTaken = self.jobs.withLock { jobs -> Bool in
            guard !jobs.isClosed else { return false }
            jobs.list.append(job)
            return true
        }
        self.hasJobs.signal()
        return isTaken
    }

    var isFull: Bool { self.jobs.withLock { $0.list.count >= Self.limit } }

    /// All waiting jobs; nil once the queue is closed and empty.
    func next() async -> [Job]? {
        while !Task.isCancelled {
            // Before the jobs: what came before the end is still taken.
            let isClosed = self.jobs.withLock { $0.isClosed }
            let list = self.takeAll()
            if !list.isEmpty { return list }
            if isClosed { return nil }
            await self.hasJobs.wait()
        }
        return nil
    }

    /// Waits a moment, and returns `jobs` with those that came in the meantime, each thread's messages by their time.
    func gather(_ jobs: [Job]) async -> [Job] {
        try? await Task.sleep(for: Self.gathering)
        return Self.inOrder(jobs + self.takeAll())
    }

    private func takeAll() -> [Job] {
        let list = self.jobs.withLock { jobs in
            defer { jobs.list = [] }
            return jobs.list
        }
        if !list.isEmpty { self.hasRoom.signal() }
        return list
    }

    /// The jobs with each thread's messages by their time. All other jobs keep their places.
    static func inOrder(_ jobs: [Job]) -> [Job] {
        var jobs = jobs
        let messages = jobs.indices.filter { jobs[$0].thread != nil }
        for places in Dictionary(grouping: messages, by: { jobs[$0].thread }).values {
            let sorted = places.map { jobs[$0] }.sorted { $0.time.lexicographicallyPrecedes($1.time) }
            for (place, job) in zip(places, sorted) { jobs[place] = job }
        }
        return jobs
    }

    /// Waits until jobs are taken out, for half a second at most.
    func waitForRoom() async {
        await self.hasRoom.wait(upTo: .milliseconds(500))
    }

    func open() { self.jobs.withLock { $0.isClosed = false } }

    /// Closes the queue and returns the jobs that remain.
    func abandon() -> [Job] {
        self.jobs.withLock { jobs in
            jobs.isClosed = true
            defer { jobs.list = [] }
            return jobs.list
        }
    }

    /// Accepts no more jobs; ``next()`` still returns the waiting ones.
    func close() {
        self.jobs.withLock { $0.isClosed = true }
        self.hasJobs.signal()
    }
}

extension InboundMessage {
    /// What people write to each other needs no names.
    var needsNames: Bool { self.isAddressed || self.isThreaded || self.isDirect }
}

extension SlackDeliveryQueue.Job {
    private var message: InboundMessage? {
        guard self.items.count == 1, case .message(let message, _)? = self.items.first else { return nil }
        return message
    }

    /// Nil for what is not a single message.
    fileprivate var thread: ThreadKey? { self.message?.thread }

    /// The message's `ts`, whose fraction always has the same number of digits.
    fileprivate var time: [UInt8] {
        let text = Array((self.message?.route.replyTo ?? "").utf8)
        let seconds = text.prefix { $0 != UInt8(ascii: ".") }.count
        return [UInt8(clamping: seconds)] + text
    }

    var route: Route? { self.message?.route }
}
