internal import CSystem
internal import EventLoop
internal import Glibc

/// Waits for processes that are not children of this one.
package enum ProcessEnds {
    /// Returns when all processes have ended, or after `limit`. A zombie has ended.
    @Net package static func wait(_ processes: [Int32], upTo limit: Duration) async throws {
        let changed = WaitList()
        var isLate = false
        var pending: [Int32: Registration] = [:]
        let timer = EventLoop.shared.schedule(after: limit) {
            isLate = true
            changed.wakeAll()
        }
        defer {
            timer.cancel()
            for (descriptor, registration) in pending {
                registration.cancel()
                close(descriptor)
            }
        }
        for process in processes {
            // It fails for a process that is gone already.
            let descriptor = csystem_pidfd_open(process)
            guard descriptor >= 0 else { continue }
            do {
                pending[descriptor] = try EventLoop.shared.watch(descriptor, .readable) { _ in
                    pending.removeValue(forKey: descriptor)?.cancel()
                    close(descriptor)
                    changed.wakeAll()
                }
            } catch {
                close(descriptor)
            }
        }
        while !pending.isEmpty, !isLate { try await changed.wait() }
    }

    /// Sends KILL to a process.
    package static func kill(_ process: Int32) { _ = Glibc.kill(process, SIGKILL) }
}
