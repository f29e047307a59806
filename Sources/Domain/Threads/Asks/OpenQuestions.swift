package import Chat
internal import EventLoop
internal import Primitives
package import Store

/// Which threads and rooms may have open questions, and when those expire.
///
/// A message in such a thread may be an answer in the person's own words, and one in such a room an answer to a question
/// of another thread; all others need not be compared with what is stored.
package final class OpenQuestions: Sendable {
    private struct State {
        var threads: Set<ThreadKey> = []
        /// All that had one since the host started.
        var rooms: Set<RoomID> = []
        var alarms: [String: (alarm: Alarm, hold: PlaceHold)] = [:]
    }

    private let state = Protected(State())

    package init() {}

    /// Whether the thread may have an open question.
    package func mayExist(in thread: ThreadKey) -> Bool { self.state.withLock { $0.threads.contains(thread) } }

    /// Whether the room may have an open question.
    package func mayExist(in room: RoomID) -> Bool { self.state.withLock { $0.rooms.contains(room) } }

    /// A question or an approval is about to be stored for the room, or is open there.
    package func add(_ room: RoomID) { self.state.withLock { _ = $0.rooms.insert(room) } }

    /// A question is about to be stored, or is open.
    package func add(_ thread: ThreadKey) { self.state.withLock { _ = $0.threads.insert(thread) } }

    /// The thread has none.
    package func remove(_ thread: ThreadKey) { self.state.withLock { _ = $0.threads.remove(thread) } }

    /// Sets the alarm of an ask.
    package func watch(
        _ ask: String, in hold: PlaceHold, for left: Duration, _ expire: @escaping @Sendable () async -> Void
    ) {
        let alarm = Alarm(after: left, expire)
        self.state.withLock { $0.alarms[ask] = (alarm, hold) }
    }

    /// Whether the ask has an alarm: whoever waits for it has looked for an answer before.
    func isWatched(_ ask: String) -> Bool { self.state.withLock { $0.alarms[ask] != nil } }

    /// The ask has ended.
    package func end(_ ask: String) {
        _ = self.state.withLock { $0.alarms.removeValue(forKey: ask) }
    }

    /// Lets go of what other hosts may have.
    package func sweep(_ held: HeldPlaces) {
        self.state.withLock { state in
            state.threads = state.threads.filter { held.contains(Place(of: $0)) }
            state.rooms = state.rooms.filter { held.contains(Place(of: $0)) }
            state.alarms = state.alarms.filter { held.isCurrent($0.value.hold) }
        }
    }

    package func move(from: RoomID, to: RoomID) {
        self.state.withLock { state in
            state.threads.formUnion(state.threads.compactMap { $0.moved(from: from, to: to) })
            if state.rooms.contains(from) { state.rooms.insert(to) }
        }
    }
}
