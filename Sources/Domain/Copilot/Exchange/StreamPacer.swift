internal import EventLoop

/// Spaces the readings of answers when very many stream at once.
///
/// An answer comes in pieces of a word, and each piece costs its way to the thread and the client, however small it is.
/// With few answers every piece is read as it comes. With hundreds, each answer is read at intervals that grow with their
/// number, in a few groups one after another, and what has come meanwhile goes on as one piece.
@Net final class StreamPacer {
    /// Below this many answers nothing is spaced.
    private static let threshold = 64
    /// What each answer adds to the interval, and where that ends: people shall not see it.
    private static let share = Duration.microseconds(250)
    private static let longest = Duration.milliseconds(120)
    private nonisolated static let groups = 4

    private var count = 0
    private var entered = 0
    private var current = 0
    private let waiting: [WaitList]
    private var timer: Timer?

    nonisolated init() {
        self.waiting = (0..<Self.groups).map { _ in WaitList() }
    }

    /// Counts an answer in until ``leave()``; its group.
    func enter() -> Int {
        self.count += 1
        self.entered += 1
        return self.entered % Self.groups
    }

    func leave() { self.count -= 1 }

    /// Waits until the group is read again; throws `CancellationError` when the task is cancelled.
    func pause(_ group: Int) async throws {
        guard self.count >= Self.threshold else { return }
        if self.timer == nil { self.schedule() }
        try await self.waiting[group].wait()
    }

    private func schedule() {
        let interval = min(Self.longest, Self.share * min(self.count, 10_000))
        self.timer = EventLoop.shared.schedule(after: interval / Self.groups) { [weak self] in self?.tick() }
    }

    private func tick() {
        self.timer = nil
        self.current = (self.current + 1) % Self.groups
        if self.count < Self.threshold {
            for group in self.waiting { group.wakeAll() }
        } else {
            self.waiting[self.current].wakeAll()
        }
        if self.waiting.contains(where: { !$0.isEmpty }) { self.schedule() }
    }
}
