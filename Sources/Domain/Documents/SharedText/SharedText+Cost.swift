/// What taking an update costs, as far as that is known before.
extension SharedText {
    /// Whether an update has to be tried on a copy: it may be incomplete, take too many steps, or make the text too long,
    /// if only before its own deletions.
    func needsTrial(_ update: TextUpdate) -> Bool {
        !self.isComplete(update) || !self.isPlain(update) || self.deletionCost(of: update) > Self.stepLimit
            || self.byteCount + update.textBytes + 2 * Self.growth(by: update) > Self.sizeLimit
    }

    /// Whether each block certainly goes between two units that are neighbours now. What else the update puts there is
    /// all that a block can pass.
    private func isPlain(_ update: TextUpdate) -> Bool {
        guard update.blocks.count <= Self.plainLimit else { return false }
        return update.blocks.allSatisfy { block in
            let clock = self.clock(of: block.client)
            guard block.end > clock else { return true }
            let origin =
                block.clock < clock ? TextUpdate.ID(client: block.client, clock: clock - 1) : block.origin
            guard origin.map({ $0.clock < self.clock(of: $0.client) }) ?? true else { return false }
            return self.follower(of: origin) == block.right
        }
    }

    /// The unit after another one, or the first one.
    private func follower(of id: TextUpdate.ID?) -> TextUpdate.ID? {
        var next = self.first
        if let id {
            let item = self.items[Int(self.item(at: self.position(id)))]
            guard item.end == id.clock + 1 else { return TextUpdate.ID(client: id.client, clock: id.clock + 1) }
            next = item.next
        }
        guard next != Self.none else { return nil }
        let item = self.items[Int(next)]
        return TextUpdate.ID(client: self.clients[Int(item.client)], clock: item.clock)
    }

    /// What taking an update costs before its steps, in operations: a trial copies all items, and a cut moves the places
    /// of those after it.
    func cost(of update: TextUpdate) -> Int {
        var cost = max(1, update.operationCount) + (self.needsTrial(update) ? self.items.count / 64 : 0)
        cost += self.deletionCost(of: update)
        for block in update.blocks {
            for case let id? in [block.origin, block.right] {
                cost +=
                    self.known(id.client, id.clock...id.clock).map { (list, first, _) in (list - first) / 1_024 } ?? 0
            }
        }
        return cost
    }

    /// A deletion passes the items of its range, and cuts at both ends.
    private func deletionCost(of update: TextUpdate) -> Int {
        update.deletions.reduce(0) { sum, deletion in
            guard let (count, first, last) = self.known(deletion.client, deletion.clock...deletion.end) else {
                return sum
            }
            return sum + (last - first) / 16 + (count - first) / 512
        }
    }

    /// How many items a client has, and the places of the first and the last one with units of a range; nil if it has
    /// none of them.
    private func known(_ client: UInt64, _ clocks: ClosedRange<Int32>) -> (count: Int, first: Int, last: Int)? {
        guard let number = self.number(of: client), clocks.lowerBound < self.clock(of: number) else { return nil }
        return (
            self.blocks[Int(number)].count, self.place(of: Position(client: number, clock: clocks.lowerBound)),
            self.place(of: Position(client: number, clock: clocks.upperBound))
        )
    }

    /// Whether everything that the update refers to is certainly here.
    private func isComplete(_ update: TextUpdate) -> Bool {
        var next: [UInt64: Int32] = [:]
        for block in update.blocks {
            guard block.clock <= next[block.client] ?? self.clock(of: block.client) else { return false }
            for id in [block.origin, block.right] {
                if let id, id.client != block.client, id.clock >= self.clock(of: id.client) { return false }
            }
            next[block.client] = max(block.end, next[block.client] ?? self.clock(of: block.client))
        }
        return update.deletions.allSatisfy { $0.end <= next[$0.client] ?? self.clock(of: $0.client) }
    }
}
