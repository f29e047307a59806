internal import JSON
internal import Primitives

/// The payloads of some rooms that wait to be stored, in order; a room always has the same queue.
final class SlackDeliveryQueue: Sendable {
    /// Reports whether a payload is stored and may be acknowledged, with the answer if there is one.
    typealias Answer = @Sendable (_ isStored: Bool, _ payload: JSON?) -> Void

    struct Job: Sendable {
        var items: [SlackReader.Item]
        /// What to answer where the sender is a stranger.
        var refusal: JSON?
        var answer: Answer
    }

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
            let (list, isClosed) = self.jobs.withLock { jobs in
                defer { jobs.list = [] }
                return (jobs.list, jobs.isClosed)
            }
            if !list.isEmpty {
                self.hasRoom.signal()
                return list
            }
            if isClosed { return nil }
            await self.hasJobs.wait()
        }
        return nil
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
