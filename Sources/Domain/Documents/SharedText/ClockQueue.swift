/// A heap of clients that wait for clocks of another client, the lowest clock first.
struct ClockQueue {
    private var entries: [(clock: Int32, client: UInt64)] = []

    mutating func insert(_ client: UInt64, at clock: Int32) {
        var place = self.entries.count
        self.entries.append((clock, client))
        while place > 0, case let parent = (place - 1) / 2, self.entries[place].clock < self.entries[parent].clock {
            self.entries.swapAt(place, parent)
            place = parent
        }
    }

    /// Whoever waits for the lowest clock, if that is below `clock`.
    mutating func removeFirst(below clock: Int32) -> UInt64? {
        guard let first = self.entries.first, first.clock < clock else { return nil }
        self.entries.swapAt(0, self.entries.count - 1)
        self.entries.removeLast()
        var (place, child) = (0, 1)
        while child < self.entries.count {
            if child + 1 < self.entries.count, self.entries[child + 1].clock < self.entries[child].clock { child += 1 }
            guard self.entries[child].clock < self.entries[place].clock else { break }
            self.entries.swapAt(place, child)
            (place, child) = (child, 2 * child + 1)
        }
        return first.client
    }
}
