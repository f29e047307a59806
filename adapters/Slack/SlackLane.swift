internal import JSON
internal import Primitives

/// What waits to be stored, in order, for some of the rooms: a room always has the same lane.
final class SlackLane: Sendable {
    /// What became of a payload: it may be acknowledged, with an answer where there is one, or it must not.
    typealias Answer = @Sendable (_ isStored: Bool, _ payload: JSON?) -> Void

    /// One payload.
    struct Job: Sendable {
        var items: [SlackReader.Item]
        /// Fetched, not delivered.
        var isBacklog = false
        var answer: Answer
    }

    static let count = 4
    /// Jobs that may wait in one lane; beyond, nothing is read from Slack.
    static let limit = 512

    private let jobs = Protected<(list: [Job], isClosed: Bool)>(([], false))
    private let hasJobs = SlackSignal()
    private let hasRoom = SlackSignal()

    /// False when nothing is taken any more.
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

    /// All that waits; nil once the lane is closed and empty.
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

    /// Waits until a job is taken out, or half a second.
    func waitForRoom() async {
        await self.hasRoom.wait(upTo: .milliseconds(500))
    }

    func open() { self.jobs.withLock { $0.isClosed = false } }

    /// Takes no more jobs, and returns those that nobody will do.
    func abandon() -> [Job] {
        self.jobs.withLock { jobs in
            jobs.isClosed = true
            defer { jobs.list = [] }
            return jobs.list
        }
    }

    /// What waits is still done, then ``next()`` ends.
    func close() {
        self.jobs.withLock { $0.isClosed = true }
        self.hasJobs.signal()
    }
}
