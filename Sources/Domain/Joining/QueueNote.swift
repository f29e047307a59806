package import Threads

/// The line that says how many messages are waiting in a thread where reactions cannot mark them. It is edited as the
/// number changes, until none waits. Pure.
///
/// After a restart it is found again, and edited once to be sure of its number.
package struct QueueNote: Sendable {
    /// A change of the line: the number of messages that it now states.
    package struct Edit: Sendable, Equatable {
        package let note: OutboxItem
        package let count: Int
    }

    private struct Shown: Sendable {
        let note: OutboxItem
        let isEditable: Bool
        /// Nil if it is not known what it says.
        var count: Int?
    }

    private var shown: Shown?

    package init() {}

    package var isShown: Bool { self.shown != nil }

    /// The line was stored.
    package mutating func show(_ note: OutboxItem, saying count: Int, isEditable: Bool) {
        self.shown = Shown(note: note, isEditable: isEditable, count: count)
    }

    /// The line was found that an earlier run of the host has stored.
    package mutating func find(_ note: OutboxItem) {
        self.shown = Shown(note: note, isEditable: true, count: nil)
    }

    /// The edit that is due when `count` messages wait. Once none waits, the next one gets a line of its own.
    package mutating func edit(for count: Int) -> Edit? {
        guard let shown = self.shown else { return nil }
        self.shown = count == 0 ? nil : Shown(note: shown.note, isEditable: shown.isEditable, count: count)
        return shown.isEditable && shown.count != count ? Edit(note: shown.note, count: count) : nil
    }
}
