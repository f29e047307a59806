extension Configuration {
    /// How much is done at once; what is more waits its turn.
    package struct Limits: Sendable, Equatable {
        /// Turns of the whole host.
        package var turns: Int
        /// Turns of one person. Who has this many waits, and everybody else goes first.
        package var turnsPerPerson: Int
        /// Messages that may wait in one thread; the next one is refused with what to do.
        package var waitingPerThread: Int

        init(_ section: Section) {
            self.turns = section.read("turns", default: 2_000) { $0.integer(in: 1...100_000) }
            self.turnsPerPerson = section.read("turns_per_person", default: 1_000) { $0.integer(in: 1...100_000) }
            self.waitingPerThread = section.read("waiting_per_thread", default: 20) { $0.integer(in: 1...1_000) }
        }
    }
}
