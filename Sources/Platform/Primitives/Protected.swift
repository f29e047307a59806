package import Glibc

/// A value behind a mutex: the only lock in this code base.
///
/// With `Synchronization.Mutex`, ThreadSanitizer reports false races on Linux; with a pthread mutex it does not. Never
/// `await`, and never call C that may block, inside ``withLock(_:)``.
@safe package final class Protected<Value>: @unchecked Sendable {  // @unchecked: every access to `value` holds `mutex`
    @usableFromInline var value: Value
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>

    package init(_ value: sending Value) {
        self.value = value
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe pthread_mutex_init(self.mutex, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(self.mutex)
        unsafe self.mutex.deallocate()
    }

    @inlinable
    package func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(self.mutex)
        defer { unsafe pthread_mutex_unlock(self.mutex) }
        return try body(&self.value)
    }
}
