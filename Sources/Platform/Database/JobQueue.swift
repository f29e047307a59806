internal import Glibc

/// Why a queue takes no more work.
enum JobQueueRefusal: Error {
    case full, closed
}

/// Work for threads that block: a bounded list and the condition on which they wait.
@safe final class JobQueue<Job: Sendable>: @unchecked Sendable {  // @unchecked: state is behind `mutex`
    private var jobs: [Job] = []
    private var isClosed = false
    private let capacity: Int
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(capacity: Int) {
        self.capacity = capacity
        unsafe pthread_mutex_init(self.mutex, nil)
        unsafe pthread_cond_init(self.condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    func append(_ job: Job) throws(JobQueueRefusal) {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        if self.isClosed { throw .closed }
        if self.jobs.count >= self.capacity { throw .full }
        self.jobs.append(job)
        unsafe pthread_cond_signal(self.condition)
    }

    /// Refuses everything after these last jobs. False when it was closed before; the jobs are then not taken.
    func close(after last: [Job]) -> Bool {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        if self.isClosed { return false }
        self.isClosed = true
        self.jobs += last
        unsafe pthread_cond_broadcast(self.condition)
        return true
    }

    /// Takes a waiting job out.
    func remove(where isWanted: (Job) -> Bool) -> Job? {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        guard let place = self.jobs.firstIndex(where: isWanted) else { return nil }
        return self.jobs.remove(at: place)
    }

    /// The next jobs in their order, at most `limit`. Waits for one; empty after ``wake()`` when `mayStop` says so.
    func take(atMost limit: Int, unless mayStop: () -> Bool) -> [Job] {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        while self.jobs.isEmpty {
            if mayStop() { return [] }
            unsafe pthread_cond_wait(self.condition, self.mutex)
        }
        guard self.jobs.count > limit else {
            defer { self.jobs.removeAll(keepingCapacity: true) }
            return self.jobs
        }
        defer { self.jobs.removeFirst(limit) }
        return Array(self.jobs.prefix(limit))
    }

    /// Lets every waiting thread look again.
    func wake() {
        unsafe pthread_mutex_lock(self.mutex)
        unsafe pthread_cond_broadcast(self.condition)
        unsafe pthread_mutex_unlock(self.mutex)
    }
}
