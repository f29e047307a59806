/// The shortest way from one list of lines to another (Myers, 1986).
enum LineDifference {
    enum Step: Equatable { case kept, removed, added }

    /// Beyond this many differences the middle is replaced as a whole, which keeps time and memory small.
    private static let most = 1_000

    static func steps(from old: [FileLine], to new: [FileLine]) -> [Step] {
        let head = zip(old, new).prefix { $0.0 == $0.1 }.count
        let rest = min(old.count, new.count) - head
        let tail = min(rest, zip(old.reversed(), new.reversed()).prefix { $0.0 == $0.1 }.count)
        var numbers: [FileKey: Int] = [:]
        func number(_ line: FileLine) -> Int {
            let key = FileKey(text: line.raw, isUnfinished: line.end == .none)
            if let number = numbers[key] { return number }
            numbers[key] = numbers.count
            return numbers.count - 1
        }
        let left = old[head..<(old.count - tail)].map(number)
        let right = new[head..<(new.count - tail)].map(number)
        return [Step](repeating: .kept, count: head) + Self.middle(left, right) + [Step](repeating: .kept, count: tail)
    }

    private struct FileKey: Hashable {
        let text: ArraySlice<UInt8>
        let isUnfinished: Bool
    }

    private static func middle(_ old: [Int], _ new: [Int]) -> [Step] {
        let whole = [Step](repeating: .removed, count: old.count) + [Step](repeating: .added, count: new.count)
        guard !old.isEmpty, !new.isEmpty else { return whole }
        let limit = min(old.count + new.count, Self.most)
        // For each number of differences, the furthest place in `old` on each diagonal.
        var furthest = [Int](repeating: 0, count: 2 * limit + 3)
        let zero = limit + 1
        var history: [[Int]] = []
        for count in 0...limit {
            history.append(Array(furthest[(zero - count - 1)...(zero + count + 1)]))
            for diagonal in stride(from: -count, through: count, by: 2) {
                let isDown = Self.isDown(diagonal, count) { furthest[zero + $0] }
                var x = isDown ? furthest[zero + diagonal + 1] : furthest[zero + diagonal - 1] + 1
                while x < old.count, x - diagonal < new.count, old[x] == new[x - diagonal] { x += 1 }
                furthest[zero + diagonal] = x
                if x >= old.count, x - diagonal >= new.count { return Self.trace(history, old.count, new.count) }
            }
        }
        return whole
    }

    /// Whether the best way to a diagonal comes from the one above, by an added line.
    private static func isDown(_ diagonal: Int, _ count: Int, _ furthest: (Int) -> Int) -> Bool {
        diagonal == -count || (diagonal != count && furthest(diagonal - 1) < furthest(diagonal + 1))
    }

    private static func trace(_ history: [[Int]], _ old: Int, _ new: Int) -> [Step] {
        var steps: [Step] = []
        var (x, y) = (old, new)
        for count in history.indices.reversed() where count > 0 {
            let furthest = { history[count][$0 + count + 1] }
            let isDown = Self.isDown(x - y, count, furthest)
            let before = isDown ? x - y + 1 : x - y - 1
            let fromX = furthest(before)
            let fromY = fromX - before
            let kept = x - (isDown ? fromX : fromX + 1)
            steps += [Step](repeating: .kept, count: kept)
            steps.append(isDown ? .added : .removed)
            (x, y) = (fromX, fromY)
        }
        steps += [Step](repeating: .kept, count: x)
        return steps.reversed()
    }
}
