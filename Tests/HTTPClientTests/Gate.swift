import EventLoop

/// Something that happens once, and who waits for it.
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
