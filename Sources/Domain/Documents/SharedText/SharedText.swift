/// A text that several people edit at the same time: Yjs's text type without formats.
///
/// Every inserted run of UTF-16 units is an item with the id (client, clock), in a linked list in the text's order;
/// deleted ones stay in it without their text, which no peer needs. Two texts that have applied the same updates, in
/// any order, are equal, and equal to what Yjs makes of them. Invariants: a client's items have no gaps, and refer to
/// items that are here; what cannot be applied yet waits in ``pendingCount``.
///
/// The rules are those of YATA as Yjs has them (`Item.integrate`): https://github.com/yjs/yjs.
package struct SharedText: Sendable {
    /// Of the text in UTF-8.
    package static let sizeLimit = 102_400
    /// Of items, which deleted text also has.
    package static let itemLimit = 50_000
    private static let pendingLimit = 20_000
    /// Of steps for one update that comes from outside. What people write in the same place at once takes a few hundred.
    package static let stepLimit = 10_000
    /// An update of at most this many blocks, each of which has its place to itself, is applied without a trial.
    static let plainLimit = 32
    /// Of ``units``: far more than a document has, and fewer than ``Item/start`` can count.
    private static let unitLimit = 1 << 24
    /// Deleted units are left alone up to this many: 64 KB.
    private static let spareUnits = 32 << 10
    static let none: Int32 = -1

    /// A unit's client, by its place in ``clients``, and clock.
    struct Position: Hashable {
        var client: Int32
        var clock: Int32

        static let none = Position(client: SharedText.none, clock: 0)
        var isNone: Bool { self.client == SharedText.none }
    }

    struct Item {
        var client: Int32
        var clock: Int32
        var length: Int32
        var origin: Position
        var right: Position
        /// The neighbours in the text's order.
        var previous: Int32
        var next: Int32
        /// Where its units begin; none once it is deleted.
        var start: Int32

        var isDeleted: Bool { self.start == SharedText.none }
        var end: Int32 { self.clock + self.length }
        var last: Position { Position(client: self.client, clock: self.end - 1) }
    }

    private(set) var items: [Item] = []
    /// Of all items. Those of deleted ones are removed once they are more than half.
    private(set) var units: [UInt16] = []
    private var deletedUnits = 0
    private(set) var clients: [UInt64] = []
    private var numbers: [UInt64: Int32] = [:]
    /// By client, in the order of clocks.
    private(set) var blocks: [[Int32]] = []
    private(set) var first = SharedText.none
    /// Of the visible text in UTF-8.
    package private(set) var byteCount = 0
    /// Grows with each insertion and deletion.
    package private(set) var changeCount = 0

    private var pending: [UInt64: [TextUpdate.Block]] = [:]
    private var pendingDeletions: [TextUpdate.Deletion] = []
    /// When the search for an item's place has passed each item.
    private var passes: [UInt32] = []
    private(set) var pass: UInt32 = 0
    /// What applying updates has taken: blocks, items that were passed on the way to a block's place, and each time that
    /// a block was found to have to wait. Sixteen items of a deleted range count as one step, because they are only
    /// marked.
    package private(set) var steps = 0

    package init() {}

    /// What waits for updates that are not here.
    package var pendingCount: Int { self.pending.values.reduce(self.pendingDeletions.count) { $0 + $1.count } }
    package var itemCount: Int { self.items.count }

    package var text: String { String(decoding: self.visibleUnits, as: UTF16.self) }

    var visibleUnits: [UInt16] {
        var result: [UInt16] = []
        result.reserveCapacity(self.byteCount)
        var index = self.first
        while index != Self.none {
            let item = self.items[Int(index)]
            if !item.isDeleted { result += self.units[Int(item.start)..<Int(item.start + item.length)] }
            index = item.next
        }
        return result
    }

    /// The clock that a client's next unit has.
    func clock(of client: Int32) -> Int32 {
        guard let last = self.blocks[Int(client)].last else { return 0 }
        return self.items[Int(last)].end
    }

    func clock(of client: UInt64) -> Int32 { self.numbers[client].map { self.clock(of: $0) } ?? 0 }

    /// Whether a block has anything that is not here.
    func isNew(_ block: TextUpdate.Block) -> Bool { block.end > self.clock(of: block.client) }

    // MARK: Updates

    /// Applies an update that has to be complete, to leave the text within its limit, and to take at most
    /// ``stepLimit`` steps. Changes nothing if it throws.
    package mutating func take(_ update: TextUpdate) throws(SharedTextError) {
        guard self.items.count + Self.growth(by: update) <= Self.itemLimit else { throw Self.longHistory }
        try self.checkKnown(update)
        guard self.needsTrial(update) else { return try self.apply(update) }
        var copy = self
        var work = try copy.begin(update)
        // Its own blocks, each of which may wait for two others, and all items once, are no conflicts.
        let limit = copy.steps + Self.stepLimit + 3 * update.blocks.count + self.items.count / 16
        guard copy.advance(&work, to: limit), copy.finish(work, to: limit) else {
            throw SharedTextError(
                .tooLarge, "takes over 10,000 steps to be placed among the other edits")
        }
        guard copy.pending.isEmpty, copy.pendingDeletions.isEmpty else {
            throw SharedTextError(.incomplete, "builds on edits that are not here")
        }
        guard copy.byteCount <= max(Self.sizeLimit, self.byteCount) else {
            throw SharedTextError(.tooLarge, "makes the text longer than \(Self.sizeLimit) bytes")
        }
        self = copy
    }

    static let longHistory = SharedTextError(
        .tooLarge, "does not fit into the document's history, which begins again when everybody has left")

    /// The most items that an update adds.
    static func growth(by update: TextUpdate) -> Int { 3 * update.blocks.count + 2 * update.deletions.count }

    /// Throws if an update has another text than this one under the same ids: it would be skipped as known, and lost.
    /// Deleted text is no longer here to be compared.
    private func checkKnown(_ update: TextUpdate) throws(SharedTextError) {
        for block in update.blocks {
            guard let units = block.units, let client = self.numbers[block.client] else { continue }
            let end = min(block.end, self.clock(of: client))
            var clock = block.clock
            while clock < end {
                let item = self.items[Int(self.item(at: Position(client: client, clock: clock)))]
                let next = min(item.end, end)
                if !item.isDeleted {
                    let start = Int(item.start - item.clock)
                    let known = self.units[(start + Int(clock))..<(start + Int(next))]
                    let sent = units[Int(clock - block.clock)..<Int(next - block.clock)]
                    guard known.elementsEqual(sent, by: Self.isSame) else {
                        throw SharedTextError(.foreignClient, "has another text than the host under the same client id")
                    }
                }
                clock = next
            }
        }
    }

    /// A half of a surrogate pair that was cut is a replacement character, here or at the client.
    private static func isSame(_ known: UInt16, _ sent: UInt16) -> Bool {
        known == sent || known == 0xFFFD && 0xD800...0xDFFF ~= sent || sent == 0xFFFD && 0xD800...0xDFFF ~= known
    }

    /// Applies an update in any order, also more than once. What refers to later ones waits for them; throws if too much
    /// does, and forgets it.
    package mutating func apply(_ update: TextUpdate) throws(SharedTextError) {
        var work = try self.begin(update)
        _ = self.advance(&work, to: .max)
        _ = self.finish(work, to: .max)
        try self.checkPending()
    }

    /// How far an update has been applied.
    struct Work {
        fileprivate let deletions: [TextUpdate.Deletion]
        /// Clients whose blocks may fit now.
        fileprivate var ready: [UInt64] = []
        /// Clients that wait for another client's blocks. Only those whose clock has arrived are woken: waking all of
        /// them for each block would take quadratic time.
        fileprivate var waiting: [UInt64: ClockQueue] = [:]
        /// How many of each client's blocks are done: the others are not moved before the end.
        fileprivate var done: [UInt64: Int] = [:]
        fileprivate var hasGrown = false
    }

    /// Begins to apply an update in parts.
    mutating func begin(_ update: TextUpdate) throws(SharedTextError) -> Work {
        guard self.units.count + update.textBytes <= Self.unitLimit else { throw Self.longHistory }
        for block in update.blocks { self.wait(block) }
        var work = Work(deletions: update.deletions)
        // The highest client is the first to be taken, as in Yjs: among edits in the same place it passes no others.
        for block in update.blocks.reversed() where work.ready.last != block.client { work.ready.append(block.client) }
        return work
    }

    /// Applies deletions, after ``advance(_:to:)``; false if ``steps`` would go beyond `limit`.
    mutating func finish(_ work: Work, to limit: Int) -> Bool {
        for (client, count) in work.done {
            // Of what was sent more than once, one is enough.
            var kept: [TextUpdate.Block] = []
            for block in (self.pending[client] ?? [])[count...] where kept.last.map({ block.end > $0.end }) ?? true {
                kept.append(block)
            }
            self.pending[client] = kept.isEmpty ? nil : kept
        }
        self.pendingDeletions += work.deletions
        guard work.hasGrown || !work.deletions.isEmpty, !self.pendingDeletions.isEmpty else { return true }
        return self.deletePending(to: limit)
    }

    /// Throws if too much waits, and forgets it.
    mutating func checkPending() throws(SharedTextError) {
        guard self.pendingCount > Self.pendingLimit else { return }
        self.pending = [:]
        self.pendingDeletions = []
        throw SharedTextError(.incomplete, "builds on too many edits that are not here")
    }

    /// Puts a block where its client's waiting ones have it by clock, the longer one first.
    private mutating func wait(_ block: TextUpdate.Block) {
        var queue = self.pending.removeValue(forKey: block.client) ?? []
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            let isBefore = (queue[middle].clock, block.length) < (block.clock, queue[middle].length)
            if isBefore { low = middle + 1 } else { high = middle }
        }
        queue.insert(block, at: low)
        self.pending[block.client] = queue
    }

    /// Puts what is ready into the text; false if ``steps`` has reached `limit` before everything is.
    mutating func advance(_ work: inout Work, to limit: Int) -> Bool {
        while self.steps < limit, let client = work.ready.popLast() {
            guard let queue = self.pending[client] else { continue }
            var (index, hasGrown) = (work.done[client] ?? 0, false)
            while index < queue.count {
                let (block, clock) = (queue[index], self.clock(of: client))
                guard block.clock <= clock else { break }
                if block.end > clock {
                    if let missing = self.missing(for: block) {
                        self.steps += 1
                        work.waiting[missing.client, default: ClockQueue()].insert(client, at: missing.clock)
                        break
                    }
                    guard self.steps < limit else {
                        work.ready.append(client)
                        break
                    }
                    self.integrate(block, from: clock)
                    hasGrown = true
                }
                index += 1
            }
            work.done[client] = index
            guard hasGrown else { continue }
            let clock = self.clock(of: client)
            while let other = work.waiting[client]?.removeFirst(below: clock) { work.ready.append(other) }
            // For whom those wait that came earlier is not kept.
            if !work.hasGrown {
                let known = Set(work.ready)
                work.ready += self.pending.keys.filter { work.done[$0] == nil && !known.contains($0) }
            }
            work.hasGrown = true
        }
        return work.ready.isEmpty
    }

    /// The unit of another client for which a block has to wait.
    private func missing(for block: TextUpdate.Block) -> TextUpdate.ID? {
        for case let id? in [block.origin, block.right]
        where id.client != block.client && id.clock >= self.clock(of: id.client) { return id }
        return nil
    }

    private mutating func deletePending(to limit: Int) -> Bool {
        var left: [UInt64: [Range<Int32>]] = [:]
        for deletion in self.pendingDeletions {
            guard self.steps <= limit else { return false }
            let known = min(deletion.end, self.clock(of: deletion.client))
            if known > deletion.clock, let client = self.numbers[deletion.client] {
                self.delete(client, deletion.clock..<known)
            }
            let rest = max(deletion.clock, known)
            if rest < deletion.end { left[deletion.client, default: []].append(rest..<deletion.end) }
        }
        self.pendingDeletions = left.flatMap { client, ranges in
            var merged: [Range<Int32>] = []
            for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
                if let last = merged.last, last.upperBound >= range.lowerBound {
                    merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            return merged.map {
                TextUpdate.Deletion(client: client, clock: $0.lowerBound, length: $0.upperBound - $0.lowerBound)
            }
        }
        return true
    }

    // MARK: Items

    func number(of client: UInt64) -> Int32? { self.numbers[client] }

    private mutating func makeNumber(of client: UInt64) -> Int32 {
        if let known = self.numbers[client] { return known }
        let number = Int32(self.clients.count)
        self.numbers[client] = number
        self.clients.append(client)
        self.blocks.append([])
        return number
    }

    func position(_ id: TextUpdate.ID?) -> Position {
        guard let id, let client = self.numbers[id.client] else { return .none }
        return Position(client: client, clock: id.clock)
    }

    /// Where in its client's items the one with this unit is.
    func place(of position: Position) -> Int {
        let list = self.blocks[Int(position.client)]
        var (low, high) = (0, list.count - 1)
        // Most are in the last one.
        if self.items[Int(list[high])].clock <= position.clock { return high }
        while low < high {
            let middle = (low + high + 1) / 2
            if self.items[Int(list[middle])].clock <= position.clock { low = middle } else { high = middle - 1 }
        }
        return low
    }

    func item(at position: Position) -> Int32 { self.blocks[Int(position.client)][self.place(of: position)] }

    /// Makes `clock` the beginning of an item, and returns that item's place.
    @discardableResult
    private mutating func cut(_ client: Int32, at clock: Int32) -> Int {
        let place = self.place(of: Position(client: client, clock: clock))
        let index = Int(self.blocks[Int(client)][place])
        let old = self.items[index]
        let offset = clock - old.clock
        guard offset > 0 else { return place }
        let new = Int32(self.items.count)
        self.items.append(
            Item(
                client: client, clock: clock, length: old.length - offset,
                origin: Position(client: client, clock: clock - 1), right: old.right, previous: Int32(index),
                next: old.next, start: old.isDeleted ? Self.none : old.start + offset))
        self.passes.append(0)
        self.items[index].length = offset
        self.items[index].next = new
        if old.next != Self.none { self.items[Int(old.next)].previous = new }
        self.blocks[Int(client)].insert(new, at: place + 1)
        if !old.isDeleted {
            // As in Yjs, both halves of a pair become replacement characters.
            let at = Int(old.start + offset)
            if UTF16.isLeadSurrogate(self.units[at - 1]) {
                self.units[at - 1] = 0xFFFD
                self.units[at] = 0xFFFD
                self.byteCount += 2
            }
        }
        return place + 1
    }

    /// Puts a client's next block into its place, without the part that is here: `clock` is the client's.
    private mutating func integrate(_ block: TextUpdate.Block, from clock: Int32) {
        self.steps += 1
        let client = self.makeNumber(of: block.client)
        let offset = clock - block.clock
        var units = block.units
        if offset > 0, let all = units {
            units = Array(all[Int(offset)...])
            if UTF16.isLeadSurrogate(all[Int(offset) - 1]) { units?[0] = 0xFFFD }
        }
        let origin = offset > 0 ? Position(client: client, clock: clock - 1) : self.position(block.origin)
        self.insert(
            units, length: block.length - offset, at: Position(client: client, clock: clock), origin: origin,
            right: self.position(block.right))
    }

    private mutating func insert(
        _ text: [UInt16]?, length: Int32, at id: Position, origin: Position, right: Position
    ) {
        self.changeCount += 1
        var left = Self.none
        if !origin.isNone {
            if self.items[Int(self.item(at: origin))].last != origin { self.cut(origin.client, at: origin.clock + 1) }
            left = self.item(at: origin)
        }
        var after = Self.none
        if !right.isNone {
            let place = self.cut(right.client, at: right.clock)
            after = self.blocks[Int(right.client)][place]
        }
        let next = left == Self.none ? self.first : self.items[Int(left)].next
        if next != after { left = self.resolve(left, next, after, id, origin, right) }
        let follower = left == Self.none ? self.first : self.items[Int(left)].next
        if let text {
            self.byteCount += Self.byteCount(of: text)
            // Somebody who types adds to the same item.
            if left != Self.none, self.extend(left, by: text, id, origin, right) { return }
        }
        let index = Int32(self.items.count)
        self.items.append(
            Item(
                client: id.client, clock: id.clock, length: length, origin: origin, right: right, previous: left,
                next: follower, start: text == nil ? Self.none : Int32(self.units.count)))
        self.passes.append(0)
        if let text { self.units += text }
        if left == Self.none { self.first = index } else { self.items[Int(left)].next = index }
        if follower != Self.none { self.items[Int(follower)].previous = index }
        self.blocks[Int(id.client)].append(index)
    }

    private mutating func extend(
        _ left: Int32, by text: [UInt16], _ id: Position, _ origin: Position, _ right: Position
    ) -> Bool {
        let item = self.items[Int(left)]
        guard item.client == id.client, item.end == id.clock, item.last == origin, item.right == right, !item.isDeleted,
            Int(item.start + item.length) == self.units.count
        else { return false }
        self.units += text
        self.items[Int(left)].length += Int32(text.count)
        return true
    }

    /// Finds the left neighbour among what others have inserted in the same place.
    private mutating func resolve(
        _ start: Int32, _ next: Int32, _ after: Int32, _ id: Position, _ origin: Position, _ right: Position
    ) -> Int32 {
        var left = start
        if self.pass > .max - UInt32(self.items.count) - 2 {
            self.passes = Array(repeating: 0, count: self.items.count)
            self.pass = 0
        }
        let begin = self.pass + 1
        var clear = begin
        var other = next
        while other != Self.none, other != after {
            self.pass += 1
            self.steps += 1
            self.passes[Int(other)] = self.pass
            let item = self.items[Int(other)]
            if item.origin == origin {
                if self.clients[Int(item.client)] < self.clients[Int(id.client)] {
                    left = other
                    clear = self.pass + 1
                } else if item.right == right {
                    break
                }
            } else if !item.origin.isNone, case let pass = self.passes[Int(self.item(at: item.origin))], pass >= begin {
                if pass < clear {
                    left = other
                    clear = self.pass + 1
                }
            } else {
                break
            }
            other = item.next
        }
        return left
    }

    /// Deletes what is not deleted yet.
    private mutating func delete(_ client: Int32, _ clocks: Range<Int32>) {
        var place = self.place(of: Position(client: client, clock: clocks.lowerBound))
        if !self.items[Int(self.blocks[Int(client)][place])].isDeleted {
            place = self.cut(client, at: clocks.lowerBound)
        }
        let first = place
        while place < self.blocks[Int(client)].count {
            let index = Int(self.blocks[Int(client)][place])
            let item = self.items[index]
            guard item.clock < clocks.upperBound else { break }
            if !item.isDeleted {
                if item.end > clocks.upperBound { self.cut(client, at: clocks.upperBound) }
                let now = self.items[index]
                let text = self.units[Int(now.start)..<Int(now.start + now.length)]
                self.changeCount += 1
                self.byteCount -= Self.byteCount(of: text)
                self.deletedUnits += text.count
                self.items[index].start = Self.none
            }
            place += 1
        }
        self.steps += (place - first) / 16
        if self.deletedUnits > Self.spareUnits, self.deletedUnits > self.units.count / 2 { self.dropDeletedUnits() }
    }

    private mutating func dropDeletedUnits() {
        var kept: [UInt16] = []
        kept.reserveCapacity(self.units.count - self.deletedUnits)
        for index in self.items.indices where !self.items[index].isDeleted {
            let item = self.items[index]
            self.items[index].start = Int32(kept.count)
            kept += self.units[Int(item.start)..<Int(item.start + item.length)]
        }
        self.units = kept
        self.deletedUnits = 0
    }

    static func byteCount(of units: some Sequence<UInt16>) -> Int {
        // A surrogate is half of a pair of four bytes.
        units.reduce(0) { $0 + ($1 < 0x80 ? 1 : $1 < 0x800 || 0xD800...0xDFFF ~= $1 ? 2 : 3) }
    }

    // MARK: Edits of the host

    /// Replaces units of the visible text as an edit of `client`.
    mutating func replace(
        _ range: Range<Int>, by text: [UInt16], as client: UInt64, deleted: inout [TextUpdate.Deletion]
    ) {
        let number = self.makeNumber(of: client)
        // The item in which the range begins, and how much of it is before.
        var (left, next, before) = (Self.none, self.first, range.lowerBound)
        while before > 0, next != Self.none {
            let item = self.items[Int(next)]
            if !item.isDeleted {
                if Int(item.length) > before { self.cut(item.client, at: item.clock + Int32(before)) }
                before -= min(before, Int(item.length))
            }
            left = next
            next = self.items[Int(next)].next
        }
        if !text.isEmpty {
            self.insert(
                text, length: Int32(text.count), at: Position(client: number, clock: self.clock(of: number)),
                origin: left == Self.none ? .none : self.items[Int(left)].last,
                right: next == Self.none
                    ? .none : Position(client: self.items[Int(next)].client, clock: self.items[Int(next)].clock))
        }
        var count = range.count
        while count > 0, next != Self.none {
            let item = self.items[Int(next)]
            if !item.isDeleted {
                let length = min(count, Int(item.length))
                self.delete(item.client, item.clock..<(item.clock + Int32(length)))
                deleted.append(
                    .init(client: self.clients[Int(item.client)], clock: item.clock, length: Int32(length)))
                count -= length
            }
            next = self.items[Int(next)].next
        }
    }
}
