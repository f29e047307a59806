internal import EventLoop

/// The messages of a process about one session, until its turn reads them. Bounded: a turn without a reader is ended,
/// because the other turns on the process's pipe must not wait for it.
@Net
final class CopilotCLIInbox {
    enum Item: Sendable {
        case input(CopilotCLITurn.Input)
        /// The process ended; nothing follows.
        case ended(any Error)
        /// The inbox was full; nothing follows.
        case overflown
    }

    private static let byteLimit = 32 * 1024 * 1024
    /// The fixed cost of an item, in bytes.
    private static let itemWeight = 256

    private var items: [(item: Item, weight: Int)] = []
    private var weight = 0
    private var isClosed = false
    private let changed = WaitList()

    nonisolated init() {}

    /// - Parameter bytes: the length of the item's message.
    func put(_ item: Item, bytes: Int = 0) {
        guard !self.isClosed else { return }
        let weight = bytes + Self.itemWeight
        if case .input = item, self.weight + weight > Self.byteLimit {
            self.items.append((.overflown, 0))
            self.isClosed = true
        } else {
            if case .ended = item { self.isClosed = true }
            self.items.append((item, weight))
            self.weight += weight
        }
        self.changed.wakeAll()
    }

    /// The next item; nil if none arrives within `limit`.
    func next(within limit: Duration) async throws -> Item? {
        if self.items.isEmpty {
            var isLate = false
            let timer = EventLoop.shared.schedule(after: limit) { [changed] in
                isLate = true
                changed.wakeAll()
            }
            defer { timer.cancel() }
            while self.items.isEmpty, !isLate { try await self.changed.wait() }
        }
        guard !self.items.isEmpty else { return nil }
        let (item, weight) = self.items.removeFirst()
        self.weight -= weight
        return item
    }
}
