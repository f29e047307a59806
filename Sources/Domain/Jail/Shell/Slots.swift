package import EventLoop

/// Bounds what runs at once; served in order.
@Net
package final class Slots {
    private var free: Int
    private let changed = WaitList()

    package nonisolated init(_ count: Int) { self.free = count }

    var isFull: Bool { self.free == 0 }

    /// Waits for a place. Throws `CancellationError`, in which case there is no place to give back.
    package func take() async throws {
        while self.free == 0 { try await self.changed.wait() }
        self.free -= 1
    }

    package func give() {
        self.free += 1
        self.changed.wakeFirst()
    }
}
