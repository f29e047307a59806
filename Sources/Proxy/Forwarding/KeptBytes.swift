internal import EventLoop

/// The memory that all requests share for long bodies, which are kept so that they can be sent again.
@Net
final class KeptBytes {
    /// In bytes.
    nonisolated private static let limit = 64 << 20

    private var left: Int

    nonisolated init() {
        self.left = Self.limit
    }

    /// Returns whether so many bytes are left, and takes them.
    func take(_ count: Int) -> Bool {
        guard count <= self.left else { return false }
        self.left -= count
        return true
    }

    func giveBack(_ count: Int) { self.left += count }
}
