internal import Glibc

/// Lets a thread that may block wait for a task.
@safe final class GitSemaphore: @unchecked Sendable {  // @unchecked: a sem_t is made for use by several threads
    private let raw = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { unsafe sem_init(self.raw, 0, 0) }

    deinit {
        unsafe sem_destroy(self.raw)
        unsafe self.raw.deallocate()
    }

    func signal() { unsafe sem_post(self.raw) }

    func wait() {
        // Fails only when a signal handler interrupts it.
        while unsafe sem_wait(self.raw) != 0 {}
    }
}
