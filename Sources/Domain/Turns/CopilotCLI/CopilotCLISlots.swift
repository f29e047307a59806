internal import EventLoop

/// Bounds the CLI processes that work at once; served in order.
@Net
final class CopilotCLISlots {
    private var free: Int
    private let changed = WaitList()

    nonisolated init(_ count: Int) { self.free = max(1, count) }

    func take() async throws {
        while self.free == 0 { try await self.changed.wait() }
        self.free -= 1
    }

    func give() {
        self.free += 1
        self.changed.wakeFirst()
    }
}
