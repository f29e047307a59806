internal import EventLoop

/// Reads answers in batches when a great many stream at once.
///
/// An answer arrives in pieces of about a word, and each piece has a fixed cost on its way to the client. With few
/// answers every piece is read as it arrives. With hundreds, each answer is read at intervals that grow with their
/// number, in a few groups that take turns, and what arrived in between is passed on as one piece.
@Net final class StreamPacer {
    /// With fewer answers, every piece is read at once.
    private static let threshold = 64
    /// What each answer adds to the interval, and the longest interval: too short for people to notice.
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

    /// Counts an answer until ``leave()``; returns its group.
    func enter() -> Int {
        self.count += 1
        self.entered += 1
        return self.entered % Self.groups
    }

    func leave() { self.count -= 1 }

    /// Waits for the group's next turn; throws `CancellationError` when the task is cancelled.
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
