internal import CSystem
internal import Glibc
internal import Primitives

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

    /// Whether every change in the folder at `path` is reported: the kernel reports those that this machine makes.
    package nonisolated static func isComplete(for path: String) -> Bool { unsafe csystem_is_local(path) != 0 }

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

/// The process's one inotify instance, open while anything is watched. The kernel limits them per user (128 by default,
/// shared by all of the user's programs).
///
/// The kernel keeps one watch per folder and instance, so watchers of one folder share it.
@Net
final class FileWatches {
    /// One watcher's share of a folder's watch.
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

/// The events of one read from an inotify instance, by watch.
struct FolderChanges {
    /// The watches that reported something, each once, in the order of their first event.
    private(set) var order: [Int32] = []
    private(set) var names: [Int32: Set<String>] = [:]
    private(set) var ended: Set<Int32> = []
    private(set) var hasOverflowed = false

    /// Adds a buffer of `struct inotify_event` (inotify(7)): wd, mask, cookie, len, each 32 bits, and a name padded
    /// with NULs.
    mutating func add(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while rest.count >= 16 {
            let watch = Int32(bitPattern: Self.number(rest, 0))
            let mask = Self.number(rest, 4)
            let length = Int(Self.number(rest, 12))
            rest = rest.dropFirst(16)
            let name = String(decoding: rest.prefix(length).prefix { $0 != 0 }, as: UTF8.self)
            rest = rest.dropFirst(length)
            guard mask & UInt32(IN_Q_OVERFLOW) == 0 else {
                self.hasOverflowed = true
                continue
            }
            if self.names[watch] == nil {
                self.order.append(watch)
                self.names[watch] = []
            }
            if mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { self.ended.insert(watch) }
            if !name.isEmpty { self.names[watch]?.insert(name) }
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
