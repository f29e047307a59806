package import Chat
internal import Primitives

/// The newest history of recently used threads, so that a turn in a long thread need not read it again.
///
/// Only a copy: an item is valid for the turn directly after its last one; the transaction that stores a turn reports
/// its predecessor.
package final class HistoryCache: Sendable {
    /// What a session's next prompt is made of.
    package struct Past: Sendable, Equatable {
        /// Oldest first.
        package var entries: [HistoryEntry] = []
        /// Who wrote something since `new`, also what a summary covers.
        package var authors: Authors = Authors()
        /// The session's, to which the authors belong; nil for a session without turns.
        package var epoch: Int64?
        /// The position after which `entries` begin: what is before is in the session's summary, or does not count.
        package var start: Int64 = 0

        package init(
            entries: [HistoryEntry] = [], authors: Authors = Authors(), epoch: Int64? = nil, start: Int64 = 0
        ) {
            self.entries = entries
            self.authors = authors
            self.epoch = epoch
            self.start = start
        }
    }

    private struct Item {
        /// The number of the last turn that is in `past`.
        var lastTurn: Int64
        var past: Past
        var bytes: Int
        var used: UInt64
    }

    private struct State {
        var items: [String: Item] = [:]
        var bytes = 0
        var uses: UInt64 = 0
        var forgotten = 0
    }

    private let state = Protected(State())
    private let byteLimit: Int
    private let entryLimit: Int

    /// - Parameters:
    ///   - byteLimit: the text of all threads together.
    ///   - entryLimit: entries of one thread; older ones are dropped.
    package init(byteLimit: Int = 8 << 20, entryLimit: Int) {
        self.byteLimit = byteLimit
        self.entryLimit = entryLimit
    }

    /// A session's past up to the turn `lastTurn`; nil when it is not cached.
    package func past(of session: String, upTo lastTurn: Int64) -> Past? {
        if lastTurn == 0 { return Past() }  // the first turn
        return self.state.withLock { state in
            guard state.items[session]?.lastTurn == lastTurn else { return nil }
            state.uses += 1
            state.items[session]?.used = state.uses
            return state.items[session]?.past
        }
    }

    /// How often something was forgotten.
    package var forgotten: Int { self.state.withLock { $0.forgotten } }

    /// - Parameter forgotten: As it was before `past` was read: what has changed since then is not in it.
    package func keep(_ past: Past, of session: String, upTo lastTurn: Int64, readAt forgotten: Int) {
        self.state.withLock { state in
            guard state.forgotten == forgotten else { return }
            self.place(past, of: session, upTo: lastTurn, in: &state)
        }
    }

    /// What is stored has changed.
    package func forget(_ session: String) {
        self.state.withLock { state in
            state.forgotten += 1
            state.bytes -= state.items.removeValue(forKey: session)?.bytes ?? 0
        }
    }

    /// Adds a turn's entries and authors to those of its predecessor.
    package func append(
        _ entries: [HistoryEntry], by authors: Authors, of session: String, epoch: Int64, turn: Int64,
        after lastTurn: Int64
    ) {
        self.state.withLock { state in
            guard lastTurn == 0 || state.items[session]?.lastTurn == lastTurn else { return }
            var past = lastTurn == 0 ? Past(epoch: epoch) : state.items[session]?.past ?? Past()
            // Without a second owner, appending does not copy it.
            state.items[session]?.past = Past()
            past.entries += entries
            past.authors.add(authors)
            self.place(past, of: session, upTo: turn, in: &state)
        }
    }

    private func place(_ past: Past, of session: String, upTo lastTurn: Int64, in state: inout State) {
        state.bytes -= state.items.removeValue(forKey: session)?.bytes ?? 0
        var kept = past
        if past.entries.count > self.entryLimit { kept.entries = Array(past.entries.suffix(self.entryLimit)) }
        let bytes = kept.entries.reduce(256 + 256 * kept.authors.people.count) {
            $0 + $1.text.utf8.count + $1.surroundings.utf8.count + 128
        }
        // One thread must not evict all others.
        guard bytes <= self.byteLimit / 4 else { return }
        state.uses += 1
        state.items[session] = Item(lastTurn: lastTurn, past: kept, bytes: bytes, used: state.uses)
        state.bytes += bytes
        guard state.bytes > self.byteLimit else { return }
        // Frees a quarter at once, so that not every turn has to look for the oldest.
        for (id, item) in state.items.sorted(by: { $0.value.used < $1.value.used }) {
            guard state.bytes > self.byteLimit / 4 * 3 else { break }
            state.items[id] = nil
            state.bytes -= item.bytes
        }
    }
}

/// Whose words a prompt has.
package struct Authors: Sendable, Equatable {
    package var people: Set<Sender>
    /// Also words of nobody known, or of the bot to somebody who may give no orders.
    package var haveForeignWords: Bool

    package init(_ people: Set<Sender> = [], haveForeignWords: Bool = false) {
        self.people = people
        self.haveForeignWords = haveForeignWords
    }

    package mutating func add(_ other: Authors) {
        self.people.formUnion(other.people)
        self.haveForeignWords = self.haveForeignWords || other.haveForeignWords
    }

    package mutating func add(_ lines: [TurnLine]) {
        guard !lines.isEmpty else { return }
        self.add(Authors(lines.people, haveForeignWords: lines.hasForeignWords))
    }
}
