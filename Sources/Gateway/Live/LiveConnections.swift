internal import Primitives

/// A connection that outlives its request, and the rights that it was opened with.
protocol WatchedConnection: Sendable {
    var principal: Principal { get }
    /// Ends it if its credential is no longer what it was, or does not give it what it shows any more.
    func checkAccess() async
    /// The host has other places now.
    func placesChanged()
}

/// The open live connections, so that those of somebody whose access has changed end at once.
final class LiveConnections: Sendable {
    private struct State {
        var next = 0
        var open: [Int: any WatchedConnection] = [:]
    }

    private let state = Protected(State())

    /// Knows `connection` while `body` runs.
    func with(_ connection: any WatchedConnection, _ body: () async -> Void) async {
        let number = self.state.withLock { state in
            state.next += 1
            state.open[state.next] = connection
            return state.next
        }
        await body()
        self.state.withLock { $0.open[number] = nil }
    }

    /// The host has other places now.
    func placesChanged() {
        for connection in self.state.withLock({ Array($0.open.values) }) { connection.placesChanged() }
    }

    /// Closes those of the meant principals whose access is no longer what it was.
    func check(_ isMeant: (Principal) -> Bool) async {
        let open = self.state.withLock { $0.open.values.filter { isMeant($0.principal) } }
        await withDiscardingTaskGroup { group in
            for connection in open { group.addTask(name: "check") { await connection.checkAccess() } }
        }
    }
}
