internal import Threads

/// The asks that a running turn waits for, and who waits. Pure.
struct OpenAsks {
    private struct Held {
        /// It stays open when the host stops, although its turn ends.
        let outlivesTurn: Bool
        var waiters: [SingleResult<AskRecord>] = []
    }

    private var held: [String: Held] = [:]

    var isEmpty: Bool { self.held.isEmpty }

    /// Those that stay open when the host stops, by ID.
    var lasting: [String] { self.held.filter(\.value.outlivesTurn).keys.sorted() }

    /// Waits for an ask: the result comes with its end.
    mutating func wait(for ask: AskRecord) -> SingleResult<AskRecord> {
        let result = SingleResult<AskRecord>()
        self.held[ask.id, default: Held(outlivesTurn: ask.outlivesTurn)].waiters.append(result)
        return result
    }

    /// Those who wait for an ask that has ended, to be told.
    mutating func end(_ ask: AskRecord) -> [SingleResult<AskRecord>] {
        self.held.removeValue(forKey: ask.id)?.waiters ?? []
    }

    /// Lets go of all without ending them. Returns their IDs.
    mutating func leave() -> [String] {
        defer { self.held = [:] }
        return Array(self.held.keys)
    }
}
