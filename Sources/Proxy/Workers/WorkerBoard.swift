package import EventLoop
internal import Primitives
internal import Processes

// Change: how the proxy uses several cores
/// What the workers of a proxy share: how many requests each client may still make, and what is counted.
///
/// It is a table of numbers in shared memory. A name has the first free place after its hash; places are never given
/// up. A worker may die at any point: a place that it has begun to fill stays unused.
package final class WorkerBoard: Sendable {
    /// Where each part begins, and its size.
    private enum Layout {
        /// The answers by status, up to 599.
        static let statuses = 0..<600
        /// A client's hash, and when its allowance is full again, in microseconds since 1970.
        static let allowances = Table(start: 600, width: 2, places: 4_096)
        /// The hash of a counter's name, its value, the name's length and text.
        static let counters = Table(start: 600 + 2 * 4_096, width: 20, places: 512)
        static let cells = 600 + 2 * 4_096 + 20 * 512
        static let nameBytes = 17 * 8
    }

    private struct Table {
        let start: Int
        let width: Int
        let places: Int

        func place(_ number: Int) -> Int { self.start + number % self.places * self.width }
    }

    private let cells: SharedCells
    private let known = Protected<[String: Int]>([:])

    /// Opens the board in another worker.
    package var descriptor: Int32 { self.cells.descriptor }

    package init() throws(SystemError) {
        self.cells = try SharedCells(count: Layout.cells)
    }

    /// The board of the process that started this one.
    package init(adopting descriptor: Int32) throws(SystemError) {
        self.cells = try SharedCells(adopting: descriptor, count: Layout.cells)
    }

    // MARK: Allowances

    /// Takes one request from a client's allowance, or returns the milliseconds until one is available.
    ///
    /// The generic cell rate algorithm (ITU-T I.371), which needs one number for each client: the same limit as a
    /// ``TokenBucket``, in any number of processes.
    ///
    /// - Parameters:
    ///   - capacity: The number of requests that may be made at once.
    ///   - interval: Milliseconds until the allowance grows by one.
    ///   - now: Milliseconds since 1970.
    package func take(of client: String, capacity: Int, interval: Double, at now: Int64) -> Int64? {
        let place = self.allowance(of: client)
        let now = Double(now) * 1_000
        let step = interval * 1_000
        while true {
            let stored = self.cells[place]
            let full = max(Double(stored), now)
            let wait = full + step - now - Double(capacity) * step
            guard wait <= 1 else { return Int64((wait / 1_000).rounded(.up)) }
            if self.cells.exchange(stored, for: UInt64(full + step), at: place) { return nil }
        }
    }

    /// Once the table is full, further clients share the allowances of others.
    private func allowance(of client: String) -> Int {
        let hash = Self.hash(client), table = Layout.allowances
        for offset in 0..<table.places {
            let place = table.place(Int(hash % UInt64(table.places)) + offset)
            if self.cells[place] == hash || self.cells.exchange(0, for: hash, at: place) || self.cells[place] == hash {
                return place + 1
            }
        }
        return table.place(Int(hash % UInt64(table.places))) + 1
    }

    // MARK: Counters

    func count(status: Int) {
        if Layout.statuses.contains(status) { self.cells.add(1, at: Layout.statuses.lowerBound + status) }
    }

    /// The answers by status.
    var statuses: [Int: UInt64] {
        var counts: [Int: UInt64] = [:]
        for status in Layout.statuses where self.cells[status] > 0 { counts[status] = self.cells[status] }
        return counts
    }

    /// - Parameter name: Cut after 136 bytes.
    package func count(_ name: String, by amount: UInt64) {
        let place = self.known.withLock { $0[name] } ?? self.counter(name)
        if let place { self.cells.add(amount, at: place + 1) }
    }

    /// The counters by name.
    package var counters: [String: UInt64] {
        var counters: [String: UInt64] = [:]
        for number in 0..<Layout.counters.places {
            let place = Layout.counters.place(number)
            guard self.cells[place] > Self.begun else { continue }
            counters[self.name(at: place), default: 0] += self.cells[place + 1]
        }
        return counters
    }

    /// Finds or creates a counter and returns its place; nil if the table is full.
    private func counter(_ name: String) -> Int? {
        let text = Array(name.utf8.prefix(Layout.nameBytes)), hash = Self.hash(name)
        for offset in 0..<Layout.counters.places {
            let place = Layout.counters.place(Int(hash % UInt64(Layout.counters.places)) + offset)
            // While another worker writes its name, this one takes the next place: sums are over all of a name.
            if self.cells.exchange(0, for: Self.begun, at: place) {
                self.write(text, at: place)
                self.cells.store(hash, at: place)
            } else if self.cells[place] != hash {
                continue
            }
            self.known.withLock { $0[name] = place }
            return place
        }
        return nil
    }

    private func write(_ text: [UInt8], at place: Int) {
        self.cells.store(UInt64(text.count), at: place + 2)
        for start in stride(from: 0, to: text.count, by: 8) {
            var cell: UInt64 = 0
            for byte in text[start..<min(start + 8, text.count)].reversed() { cell = cell << 8 | UInt64(byte) }
            self.cells.store(cell, at: place + 3 + start / 8)
        }
    }

    private func name(at place: Int) -> String {
        let length = min(Int(clamping: self.cells[place + 2]), Layout.nameBytes)
        let text = (0..<length).map { UInt8(truncatingIfNeeded: self.cells[place + 3 + $0 / 8] >> UInt64($0 % 8 * 8)) }
        return String(decoding: text, as: UTF8.self)
    }

    /// In place of a hash, while a name is being written.
    private static let begun: UInt64 = 1

    /// FNV-1a: the same in every process, unlike `Hasher`. Never 0 or 1.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return max(hash, 2)
    }
}

/// Counts answers by their status.
package final class StatusCounts: Sendable {
    private let counts = Protected<[Int: UInt64]>([:])
    /// If present, counts for all workers.
    private let board: WorkerBoard?

    init(board: WorkerBoard? = nil) {
        self.board = board
    }

    func count(_ status: Int) {
        guard let board = self.board else { return self.counts.withLock { $0[status, default: 0] += 1 } }
        board.count(status: status)
    }

    package var all: [Int: UInt64] { self.board?.statuses ?? self.counts.withLock { $0 } }
}
