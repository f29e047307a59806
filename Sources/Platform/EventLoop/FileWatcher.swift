internal import Glibc

/// Reports changes in a folder immediately (inotify), whichever process made them.
///
/// It watches a folder rather than a file, because replacing a file by a rename creates a different one.
@Net
package final class FileWatcher {
    package enum Change: Sendable, Hashable {
        /// Names in the folder that were created, written, moved or deleted.
        case names(Set<String>)
        /// The kernel's queue overflowed: anything may have changed.
        case unknown
        /// The folder was deleted or moved; there are no further reports.
        case ended
    }

    private var watch: FileWatches.Watch?
    private var handler: (@Net (Change) -> Void)?

    /// Watches the folder at `path` until ``cancel()``. Throws if it doesn't exist, or if the user's inotify instances
    /// (`fs.inotify.max_user_instances`) are exhausted; the process needs one for all its watchers.
    package init(folder path: String, handler: @escaping @Net (Change) -> Void) throws(SystemError) {
        self.handler = handler
        self.watch = try FileWatches.shared.add(path) { [weak self] in self?.report($0) }
    }

    isolated deinit { self.cancel() }

    /// Stops all reports.
    package func cancel() {
        if let watch = self.watch { FileWatches.shared.remove(watch) }
        self.watch = nil
        self.handler = nil
    }

    private func report(_ change: Change) {
        let handler = self.handler
        if change == .ended { self.cancel() }
        handler?(change)
    }
}
