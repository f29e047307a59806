internal import CSystem
internal import Glibc
internal import Primitives
internal import Synchronization

/// An epoll loop on its own thread for sockets, libcurl's transfers and child processes; the executor of ``Net``.
///
/// A turn: a bounded batch of jobs → the ready descriptors → the due timers. Jobs and handlers run to completion, so
/// they must not block.
///
/// `@unchecked`: `inbox` is locked, the rest belongs to the loop's thread.
@safe
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// Its thread starts at the first use and runs as long as the process.
    package static let shared = EventLoop(name: "net")

    /// A limit, so that a busy executor doesn't starve its sockets.
    private static let jobsPerTurn = 512
    private static let eventsPerTurn = 512

    private struct Inbox {
        var jobs: [UnownedJob] = []
        var calls: [@Net @Sendable () -> Void] = []
        /// The loop will check before it sleeps, or has already been woken.
        var isNoticed = false

        var isEmpty: Bool { self.jobs.isEmpty && self.calls.isEmpty }
    }

    private let inbox = Protected(Inbox())
    private let thread = Atomic<UInt>(0)
    private let epoll: Int32
    private let waker: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    // On the loop only.
    private var registrations: [Registration?] = []
    private var generation: UInt32 = 0
    private var timers = TimerHeap()
    private var time = LoopInstant.current()
    private var batch: [UnownedJob] = []
    private var batchIndex = 0

    private init(name: String) {
        self.epoll = epoll_create1(O_CLOEXEC)
        self.waker = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        precondition(self.epoll >= 0 && self.waker >= 0, "no epoll or eventfd: error \(errno)")
        unsafe self.events = .allocate(capacity: Self.eventsPerTurn)
        // Edge-triggered: each write is one event, so the counter never needs to be read.
        var event = unsafe epoll_event()
        unsafe event.events = EpollEvents([.readable, .edgeTriggered]).rawValue
        unsafe event.data.u64 = Self.wakerKey
        let added = unsafe epoll_ctl(self.epoll, EPOLL_CTL_ADD, self.waker, &event)
        precondition(added == 0, "the waker can't be watched: error \(errno)")
        self.start(name: name)
    }

    // MARK: Any thread

    /// Whether the caller is on the loop's thread.
    package var isCurrent: Bool {
        self.thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.post { $0.jobs.append(job) }
    }

    package func checkIsolated() {
        precondition(self.isCurrent, "not on the event loop's thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { self.isCurrent }

    /// Calls `body` on the loop soon; calls from one thread keep their order. Cheaper than a task.
    package func execute(_ body: @escaping @Net @Sendable () -> Void) {
        self.post { $0.calls.append(body) }
    }

    /// Calls `body` immediately if on the loop, otherwise soon.
    package func runIfNeeded(_ body: @escaping @Net @Sendable () -> Void) {
        if self.isCurrent {
            Net.assumeIsolated(body)
        } else {
            self.execute(body)
        }
    }

    private func post(_ add: (inout Inbox) -> Void) {
        let isMine = self.isCurrent
        let mustWake = self.inbox.withLock { inbox in
            add(&inbox)
            guard !inbox.isNoticed else { return false }
            inbox.isNoticed = true
            return !isMine
        }
        if mustWake {
            var one: UInt64 = 1
            _ = unsafe Glibc.write(self.waker, &one, 8)
        }
    }

    // MARK: On the loop

    /// The time, updated several times per turn.
    @Net package var now: LoopInstant { self.time }

    /// Calls `handler` whenever `descriptor` is ready for `interest`, until the registration is cancelled.
    ///
    /// The caller keeps owning the descriptor: cancel first, then close. An existing registration of the same number is
    /// cancelled, because a library may close a descriptor without notice.
    @Net package func watch(
        _ descriptor: Int32, _ interest: EpollEvents, handler: @escaping @Net (EpollEvents) -> Void
    ) throws(SystemError) -> Registration {
        guard descriptor >= 0 else { throw SystemError("epoll_ctl", code: EBADF) }
        let index = Int(descriptor)
        if index < self.registrations.count { self.registrations[index]?.cancel() }
        self.generation &+= 1
        let registration = Registration(
            descriptor: descriptor, interest: interest, generation: self.generation, loop: self, handler: handler)
        guard self.control(EPOLL_CTL_ADD, registration) || errno == EEXIST && self.control(EPOLL_CTL_MOD, registration)
        else { throw SystemError.last("epoll_ctl") }
        if index >= self.registrations.count {
            self.registrations += Array(repeating: nil, count: max(64, index + 1 - self.registrations.count))
        }
        self.registrations[index] = registration
        return registration
    }

    /// Calls `handler` once, `delay` from now; for zero or less, in this or the next turn.
    @Net @discardableResult
    package func schedule(after delay: Duration, _ handler: @escaping @Net () -> Void) -> Timer {
        let timer = Timer(deadline: self.time.advanced(by: delay), loop: self, handler: handler)
        self.timers.place(timer)
        return timer
    }

    @Net func place(_ timer: Timer) { self.timers.place(timer) }

    @Net func remove(_ timer: Timer) { self.timers.remove(timer) }

    @Net func update(_ registration: Registration) {
        // A library closed and reopened the number, and reported only the change of interest.
        if !self.control(EPOLL_CTL_MOD, registration), errno == ENOENT {
            _ = self.control(EPOLL_CTL_ADD, registration)
        }
    }

    @Net func forget(_ registration: Registration) {
        let index = Int(registration.descriptor)
        guard self.registrations[index] === registration else { return }
        self.registrations[index] = nil
        // Fails if the descriptor is already closed, which also removed it from epoll.
        _ = self.control(EPOLL_CTL_DEL, registration)
    }

    @Net private func control(_ operation: Int32, _ registration: Registration) -> Bool {
        var event = unsafe epoll_event()
        unsafe event.events = registration.interest.rawValue
        unsafe event.data.u64 =
            UInt64(registration.generation) << 32 | UInt64(UInt32(bitPattern: registration.descriptor))
        return unsafe epoll_ctl(self.epoll, operation, registration.descriptor, &event) == 0
    }

    // MARK: The thread

    /// No registration can have this key: its descriptor would be -1.
    private static let wakerKey = UInt64.max

    private func start(name: String) {
        // The thread keeps this reference, because the loop runs forever.
        let status = startThread {
            csystem_block_signals()
            unsafe name.withCString { unsafe csystem_name_thread($0) }
            self.run()
        }
        precondition(status == 0, "no thread for the event loop: error \(status)")
    }

    private func run() {
        self.thread.store(UInt(pthread_self()), ordering: .relaxed)
        Net.assumeIsolated {
            while true {
                self.runJobs()
                self.dispatch(self.poll())
                self.fireTimers()
            }
        }
    }

    @Net private func runJobs() {
        let executor = unsafe self.asUnownedSerialExecutor()
        var left = Self.jobsPerTurn
        while left > 0, self.takeBatch() {
            let end = min(self.batch.count, self.batchIndex + left)
            left -= end - self.batchIndex
            while self.batchIndex < end {
                let job = self.batch[self.batchIndex]
                self.batchIndex += 1
                unsafe job.runSynchronously(on: executor)
            }
        }
    }

    /// Makes pending calls and refills `batch`; returns whether it contains jobs.
    @Net private func takeBatch() -> Bool {
        if self.batchIndex < self.batch.count { return true }
        self.batch.removeAll(keepingCapacity: true)
        self.batchIndex = 0
        let calls = self.inbox.withLock { inbox in
            inbox.isNoticed = true
            swap(&inbox.jobs, &self.batch)
            guard !inbox.calls.isEmpty else { return [@Net @Sendable () -> Void]() }
            defer { inbox.calls = [] }
            return inbox.calls
        }
        for call in calls { call() }
        return !self.batch.isEmpty
    }

    /// Waits for events; returns at once if jobs are left.
    @Net private func poll() -> Int {
        let isBusy = self.batchIndex < self.batch.count
        let maySleep = self.inbox.withLock { inbox in
            guard !isBusy, inbox.isEmpty else { return false }
            inbox.isNoticed = false
            return true
        }
        let count = unsafe epoll_wait(
            self.epoll, self.events, Int32(Self.eventsPerTurn), maySleep ? self.millisecondsToTimer() : 0)
        self.time = .current()
        return count < 0 ? 0 : Int(count)
    }

    @Net private func millisecondsToTimer() -> Int32 {
        guard let next = self.timers.next else { return -1 }
        let left = next.nanoseconds - LoopInstant.current().nanoseconds
        // Rounded up: waking before the deadline would only cost another turn.
        return left <= 0 ? 0 : Int32(clamping: (left + 999_999) / 1_000_000)
    }

    @Net private func dispatch(_ count: Int) {
        guard count > 0 else { return }
        for index in 0..<count {
            let event = unsafe self.events[index]
            let key = unsafe event.data.u64
            guard key != Self.wakerKey else { continue }
            let descriptor = Int(truncatingIfNeeded: key & 0xFFFF_FFFF)
            // An earlier handler in this turn may have cancelled it, or watched a new descriptor with the same number.
            guard descriptor < self.registrations.count, let registration = self.registrations[descriptor],
                registration.generation == UInt32(truncatingIfNeeded: key >> 32)
            else { continue }
            registration.deliver(unsafe EpollEvents(rawValue: event.events))
        }
        self.time = .current()
    }

    @Net private func fireTimers() {
        // Bounded, because a handler may schedule another timer without delay.
        var fired = 0
        let due = self.time
        while fired < Self.jobsPerTurn, let timer = self.timers.popDue(at: due) {
            fired += 1
            timer.fire()
        }
        if fired > 0 { self.time = .current() }
    }
}

extension EventLoop {
    /// Sleeps on the loop's timers; throws `CancellationError` at once if the task is cancelled.
    @Net package func sleep(for duration: Duration) async throws {
        let changed = WaitList()
        var isOver = false
        let timer = self.schedule(after: duration) {
            isOver = true
            changed.wakeAll()
        }
        defer { timer.cancel() }
        while !isOver { try await changed.wait() }
    }
}
