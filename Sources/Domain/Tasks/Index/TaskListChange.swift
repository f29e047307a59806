/// What differs between two states of a list: the tasks between those that are the same at its beginning and its end, so
/// that a change of one task of thousands writes few rows.
struct TaskListChange: Sendable {
    let items: ArraySlice<TaskItem>
    let part: TaskListPart

    /// All of it without an old state.
    init(from old: TaskFile?, to new: TaskFile) {
        guard let old else {
            (self.items, self.part) = (new.items[...], TaskListPart())
            return
        }
        let (before, after) = (old.items, new.items)
        let shortest = min(before.count, after.count)
        var head = 0
        while head < shortest, before[head].line == after[head].line, before[head].isSame(as: after[head]) { head += 1 }
        var tail = 0
        let shift = (after.last?.line ?? 0) - (before.last?.line ?? 0)
        while tail < shortest - head,
            case let (one, other) = (before[before.count - 1 - tail], after[after.count - 1 - tail]),
            one.line + shift == other.line, one.isSame(as: other)
        { tail += 1 }
        self.items = after[head..<after.count - tail]
        let first = head < before.count ? Int64(before[head].line) : .max
        let end = tail > 0 ? Int64(before[before.count - tail].line) : .max
        self.part = TaskListPart(min(first, end)..<end, shift: tail > 0 ? Int64(shift) : 0)
    }
}

extension TaskItem {
    /// Whether the index has the same of both, but for the line.
    fileprivate func isSame(as other: TaskItem) -> Bool {
        self.address == other.address && self.section == other.section && self.state == other.state
            && self.notes == other.notes && self.bytes[self.content].elementsEqual(other.bytes[other.content])
    }
}
