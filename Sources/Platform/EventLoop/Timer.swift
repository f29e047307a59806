/// A handler that the loop calls once, at its deadline, unless it is cancelled or rescheduled.
@Net
package final class Timer {
    package private(set) var deadline: LoopInstant
    /// The index in the heap; -1 if not in it.
    var position = -1
    private var handler: (@Net () -> Void)?
    private let loop: EventLoop

    init(deadline: LoopInstant, loop: EventLoop, handler: @escaping @Net () -> Void) {
        self.deadline = deadline
        self.loop = loop
        self.handler = handler
    }

    /// Whether the handler is still to be called.
    package var isPending: Bool { self.position >= 0 }

    /// Prevents the call and releases the handler, which breaks a reference cycle with the timer's owner.
    package func cancel() {
        self.loop.remove(self)
        self.handler = nil
    }

    /// Prevents the call until ``reschedule(after:)``.
    package func stop() {
        self.loop.remove(self)
    }

    /// Moves the deadline, even of a timer that has fired; does nothing after ``cancel()``.
    ///
    /// Postponing costs two stores, because the heap is reordered only when the old deadline passes. A connection can
    /// therefore move its idle deadline on every byte.
    package func reschedule(after delay: Duration) {
        guard self.handler != nil else { return }
        self.deadline = self.loop.now.advanced(by: delay)
        self.loop.place(self)
    }

    func fire() {
        self.handler?()
    }
}

/// A binary heap of timers by deadline; equal deadlines fire in the order of scheduling.
@Net
struct TimerHeap {
    private struct Entry {
        /// At most the timer's deadline: a postponed timer keeps its place until the key passes.
        var key: LoopInstant
        let order: UInt64
        let timer: Timer

        func precedes(_ other: Entry) -> Bool {
            self.key == other.key ? self.order < other.order : self.key < other.key
        }
    }

    private var entries: [Entry] = []
    private var scheduled: UInt64 = 0

    nonisolated init() {}

    /// When to check again; never later than the earliest deadline, but possibly earlier.
    var next: LoopInstant? { self.entries.first?.key }

    /// Inserts the timer, or moves it to its new deadline.
    mutating func place(_ timer: Timer) {
        let position = timer.position
        guard position >= 0 else {
            self.scheduled += 1
            self.entries.append(Entry(key: timer.deadline, order: self.scheduled, timer: timer))
            timer.position = self.entries.count - 1
            self.siftUp(timer.position)
            return
        }
        // A later deadline is handled when the key passes.
        guard timer.deadline < self.entries[position].key else { return }
        self.entries[position].key = timer.deadline
        self.siftUp(position)
    }

    mutating func remove(_ timer: Timer) {
        let position = timer.position
        guard position >= 0 else { return }
        let last = self.entries.removeLast()
        timer.position = -1
        guard last.timer !== timer else { return }
        self.entries[position] = last
        last.timer.position = position
        self.siftUp(position)
        self.siftDown(last.timer.position)
    }

    /// Removes and returns the first due timer.
    mutating func popDue(at now: LoopInstant) -> Timer? {
        while let first = self.entries.first, first.key <= now {
            if first.timer.deadline <= first.key {
                self.remove(first.timer)
                return first.timer
            }
            self.entries[0].key = first.timer.deadline
            self.siftDown(0)
        }
        return nil
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let entry = self.entries[position]
        while position > 0 {
            let parent = (position - 1) / 2
            guard entry.precedes(self.entries[parent]) else { break }
            self.put(self.entries[parent], at: position)
            position = parent
        }
        self.put(entry, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let entry = self.entries[position]
        while true {
            var child = 2 * position + 1
            guard child < self.entries.count else { break }
            if child + 1 < self.entries.count, self.entries[child + 1].precedes(self.entries[child]) { child += 1 }
            guard self.entries[child].precedes(entry) else { break }
            self.put(self.entries[child], at: position)
            position = child
        }
        self.put(entry, at: position)
    }

    private mutating func put(_ entry: Entry, at position: Int) {
        self.entries[position] = entry
        entry.timer.position = position
    }
}
