internal import CSystem
internal import Glibc
internal import Primitives

/// The process's one inotify instance, open while anything is watched. A user has few of them (128 by default), and
/// all programs of the user share these.
///
/// The kernel keeps one watch per folder and instance, so watchers of one folder share it.
@Net
final class FileWatches {
    /// One watcher's part in the watch of a folder.
    struct Watch: Hashable {
        fileprivate let descriptor: Int32
        fileprivate let id: Int
    }

    static let shared = FileWatches()

    private var instance: Int32?
    private var registration: Registration?
    private var handlers: [Int32: [Int: @Net (FileWatcher.Change) -> Void]] = [:]
    private var nextID = 0

    private static let events = UInt32(
        IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
            | IN_ONLYDIR)

    /// Watches the folder at `path` until ``remove(_:)``.
    func add(_ path: String, handler: @escaping @Net (FileWatcher.Change) -> Void) throws(SystemError) -> Watch {
        defer { self.closeIfUnused() }
        let instance = try self.openInstance()
        let descriptor = unsafe inotify_add_watch(instance, path, Self.events)
        guard descriptor >= 0 else { throw .last("watch \(path)") }
        self.nextID += 1
        self.handlers[descriptor, default: [:]][self.nextID] = handler
        return Watch(descriptor: descriptor, id: self.nextID)
    }

    func remove(_ watch: Watch) {
        guard self.handlers[watch.descriptor]?.removeValue(forKey: watch.id) != nil else { return }
        guard self.handlers[watch.descriptor]?.isEmpty == true else { return }
        self.handlers[watch.descriptor] = nil
        // Fails where the folder is gone: the kernel has removed the watch already.
        if let instance = self.instance { inotify_rm_watch(instance, watch.descriptor) }
        self.closeIfUnused()
    }

    private func openInstance() throws(SystemError) -> Int32 {
        if let instance = self.instance { return instance }
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw .last("inotify_init1") }
        self.instance = descriptor
        self.registration = try EventLoop.shared.watch(descriptor, .readable) { [weak self] _ in self?.readAll() }
        return descriptor
    }

    private func closeIfUnused() {
        guard self.handlers.isEmpty else { return }
        self.registration?.cancel()
        self.registration = nil
        if let instance = self.instance.take() { close(instance) }
    }

    private func readAll() {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var changes = FolderChanges()
        while let instance = self.instance {
            let count = unsafe Glibc.read(instance, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            changes.add(buffer[..<count])
        }
        // Handlers add and remove watches, so each is looked up when its turn comes.
        for watch in changes.hasOverflowed ? Array(self.handlers.keys) : changes.order {
            let names = changes.names[watch] ?? []
            if changes.hasOverflowed {
                self.report(.unknown, to: watch)
            } else if !names.isEmpty {
                self.report(.names(names), to: watch)
            }
        }
        for watch in changes.order where changes.ended.contains(watch) { self.report(.ended, to: watch) }
    }

    private func report(_ change: FileWatcher.Change, to watch: Int32) {
        for id in (self.handlers[watch] ?? [:]).keys.sorted() { self.handlers[watch]?[id]?(change) }
    }
}
