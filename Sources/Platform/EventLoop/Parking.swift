/// Where a task that waits on the loop is kept: as its own job, handed to an executor that doesn't run it until it is
/// wanted.
///
/// A continuation would do the same by a detour: Swift 6.3 resumes it on the global pool, which only then hops to the
/// loop. That wakes a thread and costs about 8 µs for each wait; this costs a tenth, and no other thread takes part.
@Net
final class Parking {
    /// A waiting task, or one that is about to wait.
    @Net final class Ticket {
        fileprivate var job: UnownedJob?
        private(set) var isWoken = false

        /// Lets the task go on, in this or the next turn; once.
        func wake() {
            guard !self.isWoken else { return }
            self.isWoken = true
            guard let job = self.job else { return }
            self.job = nil
            EventLoop.shared.resume(job)
        }
    }

    /// Suspends until the ticket is woken.
    static func wait(_ ticket: Ticket) async {
        guard !ticket.isWoken else { return }
        // `enqueue` follows at once: nothing else runs on the loop in between.
        Self.next = ticket
        await Self.place.enter()
    }

    nonisolated static let executor = Executor()
    private static let place = Place()
    private static var next: Ticket?

    /// Keeps the job of the task that is on its way to ``Place``.
    final class Executor: SerialExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            Net.assumeIsolated {
                guard let ticket = Parking.next else { preconditionFailure("a task was parked without a ticket") }
                Parking.next = nil
                ticket.job = job
            }
        }
    }

    private actor Place {
        private var visits: UInt64 = 0

        nonisolated var unownedExecutor: UnownedSerialExecutor {
            unsafe Parking.executor.asUnownedSerialExecutor()
        }

        /// Never inlined and never empty, for else the optimizer drops the hop here, which is all that it is for.
        @inline(never)
        func enter() {
            self.visits &+= 1
        }
    }
}
