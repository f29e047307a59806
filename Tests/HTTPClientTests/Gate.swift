import EventLoop

/// An event that happens once, and its waiters.
@Net
final class Gate {
    private(set) var isOpen = false
    private let waiting = WaitList()

    func open() {
        self.isOpen = true
        self.waiting.wakeAll()
    }

    func passed() async throws {
        while !self.isOpen { try await self.waiting.wait() }
    }
}
