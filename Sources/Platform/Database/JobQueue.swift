internal import Glibc
internal import Primitives
internal import Synchronization

/// Why a queue accepts no more work.
enum JobQueueRefusal: Error {
    case full, closed
}

/// A bounded queue of work for threads that block on it.
@safe final class JobQueue<Work: Sendable>: @unchecked Sendable {  // @unchecked: state is behind `mutex`
    enum Job: Sendable {
        /// `joinsNext`: is taken together with the next one.
        case work(Work, joinsNext: Bool)
        /// Ends one thread, which then calls the completion.
        case close(@Sendable () -> Void)
    }

    /// Those before `start` have been taken and are nil: removing each batch from the front would move all the others.
    private var jobs: [Job?] = []
    private var start = 0
    /// The number of jobs at the front that may be taken; the rest wait for the next job that need not wait.
    private var ready = 0
    private var isClosed = false
    private let capacity: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(capacity: Int) {
        self.capacity = capacity
        unsafe pthread_mutex_init(self.mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // That of `Self.time(after:)`.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(self.condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    private static func time(after delay: Duration) -> timespec {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let (seconds, attoseconds) = delay.components
        let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
        time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        time.tv_nsec = nanoseconds % 1_000_000_000
        return time
    }

    /// The number of jobs in the queue.
    var count: Int {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        return self.waiting
    }

    /// Under the lock.
    private var waiting: Int { self.jobs.count - self.start }

    /// - Parameter waits: Whether the work is held back until work that need not wait is appended.
    func append(_ work: Work, waits: Bool = false) throws(JobQueueRefusal) {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        if self.isClosed { throw .closed }
        if self.waiting >= self.capacity { throw .full }
        self.jobs.append(.work(work, joinsNext: waits))
        if waits { return }
        self.ready = self.waiting
        unsafe pthread_cond_signal(self.condition)
    }

    /// Refuses new work and ends a thread for each completion, after the queued work. False if already closed; the
    /// completions are then never called.
    func close(_ completions: [@Sendable () -> Void]) -> Bool {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        if self.isClosed { return false }
        self.isClosed = true
        for completion in completions { self.jobs.append(.close(completion)) }
        self.ready = self.waiting
        unsafe pthread_cond_broadcast(self.condition)
        return true
    }

    /// Removes queued work; false if it is not in the queue.
    func remove(where isWanted: (Work) -> Bool) -> Bool {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        let place = self.jobs[self.start...].firstIndex { job in
            if case .work(let work, _)? = job { isWanted(work) } else { false }
        }
        guard let place else { return false }
        self.jobs.remove(at: place)
        if place - self.start < self.ready { self.ready -= 1 }
        return true
    }

    /// The next jobs in order, at most `limit` and those that the last of them joins. Waits for one; returns none after
    /// ``wake()`` if `mayStop` is true.
    ///
    /// - Parameter patience: How long to wait before it returns nil; nil: forever.
    func take(atMost limit: Int, within patience: Duration?, unless mayStop: () -> Bool) -> [Job]? {
        var end = Self.time(after: patience ?? .zero)
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        while self.ready == 0 {
            if mayStop() { return [] }
            if patience == nil {
                unsafe pthread_cond_wait(self.condition, self.mutex)
            } else if unsafe pthread_cond_timedwait(self.condition, self.mutex, &end) == ETIMEDOUT, self.ready == 0 {
                return nil
            }
        }
        return self.take(atMost: limit)
    }

    /// Under the lock.
    private func take(atMost limit: Int) -> [Job] {
        var count = min(self.ready, limit)
        while count < self.ready, case .work(_, joinsNext: true)? = self.jobs[self.start + count - 1] { count += 1 }
        self.ready -= count
        let taken = self.start..<(self.start + count)
        let jobs = self.jobs[taken].compactMap { $0 }
        // What they hold goes with them.
        for index in taken { self.jobs[index] = nil }
        self.start = taken.upperBound
        // Rarely enough that each job is moved once on average.
        if self.start > self.jobs.count / 2 {
            self.jobs.removeFirst(self.start)
            self.start = 0
        }
        return jobs
    }

    /// Makes every waiting thread check again.
    func wake() {
        unsafe pthread_mutex_lock(self.mutex)
        unsafe pthread_cond_broadcast(self.condition)
        unsafe pthread_mutex_unlock(self.mutex)
    }
}

/// Does the work of a queue on one connection and one thread, until the queue tells it to close. A connection without
/// work lets go of memory.
///
/// `@unchecked`: the connection and `perform` stay on one thread.
final class QueueDriver<Work: Sendable, Held: StoreConnection>: ThreadExecutor.Driver, @unchecked Sendable {
    private let queue: JobQueue<Work>
    private let limit: Int
    private let stop: @Sendable () -> Void
    private let perform: ([Work], Held) -> Void
    private let settings: DatabaseSettings
    private let isWoken = Atomic(false)
    private var connection: Held?
    /// How long to wait for work before the connection lets go; nil once it has.
    private var patience: Duration?
    /// When it lets go for the first time, however much it is asked until then; nil once it has.
    private var start: ContinuousClock.Instant?

    /// - Parameters:
    ///   - limit: How many jobs to take at once.
    ///   - stop: Ends the thread.
    init(
        _ connection: Held, _ queue: JobQueue<Work>, atMost limit: Int = 1, settings: DatabaseSettings,
        stop: @escaping @Sendable () -> Void, perform: @escaping ([Work], Held) -> Void
    ) {
        self.settings = settings
        self.patience = settings.startPatience
        self.start = .now + settings.startPatience
        self.connection = connection
        self.queue = queue
        self.limit = limit
        self.stop = stop
        self.perform = perform
    }

    func wake() {
        self.isWoken.store(true, ordering: .releasing)
        self.queue.wake()
    }

    func turn() {
        guard
            let jobs = self.queue.take(
                atMost: self.limit, within: self.patience,
                unless: { self.isWoken.exchange(false, ordering: .acquiring) })
        else { return self.letGo() }
        var work: [Work] = []
        var closing: (@Sendable () -> Void)?
        for job in jobs {
            switch job {
            case .work(let next, _): work.append(next)
            // The last job: the queue refuses everything after it.
            case .close(let completion): closing = completion
            }
        }
        if let connection = self.connection, !work.isEmpty {
            self.perform(work, connection)
            self.patience = self.start.map { max(.zero, $0 - .now) } ?? self.settings.patience
        }
        guard let closing else { return }
        self.connection = nil
        self.stop()
        closing()
    }

    private func letGo() {
        self.patience = nil
        self.start = nil
        self.connection?.releaseMemory()
        self.settings.idleObserver?()
    }
}
