/// Finds circles of tasks that wait for one another.
enum OrderCycles {
    private enum Mark { case open, done }

    /// One circle for each task that closes one, in the order of ids; each begins with its lowest id.
    static func all(in needed: [String: [TaskOrder]]) -> [[TaskOrder]] {
        var marks: [String: Mark] = [:]
        var cycles: [[TaskOrder]] = []
        var known: Set<[String]> = []
        for start in needed.keys.sorted() where marks[start] == nil {
            // Not recursive: a document decides how deep it goes.
            var path: [TaskOrder] = []
            var stack: [(name: String, next: Int)] = [(start, 0)]
            marks[start] = .open
            while let top = stack.last {
                guard let orders = needed[top.name], top.next < orders.count else {
                    marks[top.name] = .done
                    stack.removeLast()
                    if !path.isEmpty { path.removeLast() }
                    continue
                }
                stack[stack.count - 1].next += 1
                let order = orders[top.next]
                switch marks[order.prerequisite] {
                case .done: break
                case nil:
                    marks[order.prerequisite] = .open
                    path.append(order)
                    stack.append((order.prerequisite, 0))
                case .open:
                    let from = stack.firstIndex { $0.name == order.prerequisite } ?? 0
                    let cycle = Self.rotated(Array(path[from...]) + [order])
                    if known.insert(cycle.map(\.task)).inserted { cycles.append(cycle) }
                }
            }
        }
        return cycles
    }

    private static func rotated(_ cycle: [TaskOrder]) -> [TaskOrder] {
        guard let lowest = cycle.indices.min(by: { cycle[$0].task < cycle[$1].task }) else { return cycle }
        return Array(cycle[lowest...] + cycle[..<lowest])
    }
}
