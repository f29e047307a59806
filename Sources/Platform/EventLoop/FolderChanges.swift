internal import CSystem
internal import Glibc

/// What one reading of an inotify instance reports, by watch.
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
