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

    private let descriptor: FileDescriptor
    private var registration: Registration?
    private var handler: (@Net (Change) -> Void)?

    /// Watches the folder at `path` until ``cancel()``. Throws if it doesn't exist, or if the user's inotify instances
    /// (`fs.inotify.max_user_instances`) are exhausted.
    package init(folder path: String, handler: @escaping @Net (Change) -> Void) throws(SystemError) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { throw .last("inotify_init1") }
        self.descriptor = FileDescriptor(owning: descriptor)
        self.handler = handler
        let events =
            IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF
        let watch = unsafe inotify_add_watch(descriptor, path, UInt32(events) | UInt32(IN_ONLYDIR))
        guard watch >= 0 else { throw .last("watch \(path)") }
        self.registration = try EventLoop.shared.watch(descriptor, .readable) { [weak self] _ in self?.readAll() }
    }

    /// Stops all reports.
    package func cancel() {
        self.registration?.cancel()
        self.registration = nil
        self.handler = nil
    }

    private func readAll() {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        var names: Set<String> = []
        var isUnknown = false
        var isEnded = false
        while true {
            let count = unsafe Glibc.read(self.descriptor.rawValue, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for event in Self.events(in: buffer[..<count]) {
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { isUnknown = true }
                if event.mask & UInt32(IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF) != 0 { isEnded = true }
                if !event.name.isEmpty { names.insert(event.name) }
            }
        }
        if isUnknown {
            self.handler?(.unknown)
        } else if !names.isEmpty {
            self.handler?(.names(names))
        }
        if isEnded {
            let handler = self.handler
            self.cancel()
            handler?(.ended)
        }
    }

    /// `struct inotify_event` (inotify(7)): wd, mask, cookie, len, each 32 bits, and a name padded with NULs.
    private static func events(in bytes: ArraySlice<UInt8>) -> [(mask: UInt32, name: String)] {
        var events: [(mask: UInt32, name: String)] = []
        var rest = bytes
        while rest.count >= 16 {
            let mask = Self.number(rest, 4)
            let length = Int(Self.number(rest, 12))
            rest = rest.dropFirst(16)
            let name = rest.prefix(length).prefix { $0 != 0 }
            events.append((mask, String(decoding: name, as: UTF8.self)))
            rest = rest.dropFirst(length)
        }
        return events
    }

    private static func number(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
