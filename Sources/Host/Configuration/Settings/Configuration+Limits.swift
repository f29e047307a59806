extension Configuration {
    /// Concurrency limits; work beyond them is queued.
    package struct Limits: Sendable, Equatable {
        /// Concurrent turns of the whole host.
        package var turns: Int
        /// Concurrent turns of one person; further ones wait behind everyone else's.
        package var turnsPerPerson: Int
        /// Messages that one thread may queue; further ones are refused.
        package var waitingPerThread: Int

        init(_ section: Section) {
            self.turns = section.read("turns", default: 2_000) { $0.integer(in: 1...100_000) }
            self.turnsPerPerson = section.read("turns_per_person", default: 1_000) { $0.integer(in: 1...100_000) }
            self.waitingPerThread = section.read("waiting_per_thread", default: 20) { $0.integer(in: 1...1_000) }
        }
    }
}
