internal import CSystem
internal import Glibc
internal import Synchronization

/// A serial executor with a dedicated thread, for a C library that blocks (SQLite, libgit2) or runs its own poll loop
/// (libwebsockets).
///
/// An actor returns it as its `unownedExecutor`. Without a driver the thread sleeps on a condition variable; with one
/// it alternates between queued jobs and ``Driver/turn()``, the only place where C may block.
@safe package final class ThreadExecutor: SerialExecutor, @unchecked Sendable {  // @unchecked: state is behind `mutex`
    /// A library with its own poll loop.
    package protocol Driver: AnyObject, Sendable {
        /// Waits for the library's events and handles them. Returns after ``wake()``.
        func turn()
        /// Makes the current or the next ``turn()`` return. Called on any thread.
        func wake()
    }

    private var jobs: [UnownedJob] = []
    private var isStopping = false
    private var driver: (any Driver)?
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let thread = Atomic<UInt>(0)
    private let name: String
    private let umask: UInt32?

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: Appears in `top -H`; the kernel keeps its first 15 bytes.
    ///   - umask: For the files that this thread makes; nil for the process's.
    package init(name: String, umask: UInt32? = nil) {
        self.name = name
        self.umask = umask
        unsafe pthread_mutex_init(self.mutex, nil)
        unsafe pthread_cond_init(self.condition, nil)
        // The thread retains the executor until `stop()`, so that no job runs on a freed one.
        let status = startThread { self.run() }
        precondition(status == 0, "cannot start the thread \(name): error \(status)")
    }

    deinit {
        unsafe pthread_cond_destroy(self.condition)
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.condition.deallocate()
        unsafe self.mutex.deallocate()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        unsafe pthread_mutex_lock(self.mutex)
        self.jobs.append(job)
        // Under the lock, so that `detach()` is a fence: no wake reaches a destroyed context.
        self.driver?.wake()
        unsafe pthread_cond_signal(self.condition)
        unsafe pthread_mutex_unlock(self.mutex)
    }

    package func checkIsolated() {
        precondition(self.isCurrent, "not on the thread \(self.name)")
    }

    package func isIsolatingCurrentContext() -> Bool? { self.isCurrent }

    /// Makes the thread poll a library from now on.
    package func attach(_ driver: any Driver) {
        unsafe pthread_mutex_lock(self.mutex)
        self.driver = driver
        unsafe pthread_cond_signal(self.condition)
        unsafe pthread_mutex_unlock(self.mutex)
    }

    /// After this, no `wake()` is running or will run. Call it on the thread itself, before destroying the context.
    package func detach() {
        unsafe pthread_mutex_lock(self.mutex)
        self.driver = nil
        unsafe pthread_mutex_unlock(self.mutex)
    }

    /// Ends the thread after the jobs already queued. Jobs enqueued later never run.
    package func stop() {
        unsafe pthread_mutex_lock(self.mutex)
        self.isStopping = true
        self.driver?.wake()
        unsafe pthread_cond_signal(self.condition)
        unsafe pthread_mutex_unlock(self.mutex)
    }

    private var isCurrent: Bool {
        self.thread.load(ordering: .acquiring) == UInt(pthread_self())
    }

    private func run() {
        self.thread.store(UInt(pthread_self()), ordering: .releasing)
        unsafe self.name.withCString { unsafe csystem_name_thread($0) }
        if let umask = self.umask { csystem_own_umask(umask) }
        while true {
            unsafe pthread_mutex_lock(self.mutex)
            while self.jobs.isEmpty, !self.isStopping, self.driver == nil {
                unsafe pthread_cond_wait(self.condition, self.mutex)
            }
            let jobs = self.jobs
            self.jobs.removeAll(keepingCapacity: true)
            let driver = self.driver
            let isStopping = self.isStopping
            unsafe pthread_mutex_unlock(self.mutex)

            for job in jobs { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
            if !jobs.isEmpty { continue }  // a job may have queued another
            if isStopping { return }
            driver?.turn()
        }
    }
}

/// Runs `body` once on a thread of its own. The error's number; 0 for success.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
    let context = unsafe Unmanaged.passRetained(ThreadBody(body)).toOpaque()
    var handle = pthread_t()
    let status = unsafe pthread_create(
        &handle, nil,
        { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<ThreadBody>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context)
    if status == 0 {
        pthread_detach(handle)
    } else {
        unsafe Unmanaged<ThreadBody>.fromOpaque(context).release()
    }
    return status
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
