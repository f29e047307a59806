import JSON
import Primitives

/// Observes and changes the answers of a homeserver to the bot, and knows which of them contained an event.
final class SyncWatch: Sendable {
    private struct State {
        /// By event: the `next_batch` of the last answer that contained it.
        var batches: [String: String] = [:]
        var events: [String: (room: String, event: JSON)] = [:]
        var order: [String] = []
        /// Events that the next answer repeats.
        var repeats: [String] = []
        var madeUp: [(room: String, event: JSON)] = []
        var lastMadeUp = 0
        var isDoubling = false
        var isReversing = false
    }

    /// A key in a message's content that sets its time, whatever the server's clock says.
    static let timeKey = "test.sent_at"
    private static let kept = 2_000

    private let state = Protected(State())

    /// The `next_batch` of the last answer that contained the event.
    func batch(of event: String) -> String? { self.state.withLock { $0.batches[event] } }

    /// The next answer with news of a room repeats `event` at the end.
    func repeatNext(_ event: JSON, in room: String) {
        self.state.withLock { state in
            Self.note(event, room, &state)
            if let id = event["event_id"]?.stringValue { state.repeats.append(id) }
        }
    }

    /// The next answer with news of a room begins with these additional messages.
    func add(_ texts: [String], by sender: String, in room: String) {
        self.state.withLock { state in
            for text in texts {
                state.lastMadeUp += 1
                state.madeUp.append(
                    (
                        room,
                        [
                            "type": "m.room.message", "event_id": .string("$made-up-\(state.lastMadeUp)"),
                            "sender": .string(sender), "origin_server_ts": .integer(ContractBench.now),
                            "content": ["msgtype": "m.text", "body": .string(text), "m.mentions": [:]],
                        ]
                    ))
            }
        }
    }

    /// From now on every event comes twice.
    func setDoubling(_ isDoubling: Bool) { self.state.withLock { $0.isDoubling = isDoubling } }

    /// From now on the events of one answer come in reverse order.
    func setReversing(_ isReversing: Bool) { self.state.withLock { $0.isReversing = isReversing } }

    func pass(_ answer: JSON) -> JSON {
        guard case .object(var object) = answer else { return answer }
        if object["event_id"] != nil { return Self.dated(answer) }
        for list in ["chunk", "events_before"] {
            guard case .array(let events)? = object[list] else { continue }
            object[list] = .array(events.map { Self.dated($0) })
            return .object(object)
        }
        guard let batch = object["next_batch"]?.stringValue else { return answer }
        var rooms = object["rooms"]?["join"]?.objectValue ?? [:]
        self.state.withLock { state in
            for (room, update) in rooms {
                var events = (update["timeline"]?["events"]?.arrayValue ?? []).map { Self.dated($0) }
                guard !events.isEmpty else { continue }
                for event in events { Self.note(event, room, &state) }
                events = state.madeUp.filter { $0.room == room }.map(\.event) + events
                state.madeUp.removeAll { $0.room == room }
                events += state.repeats.filter { state.events[$0]?.room == room }.compactMap { state.events[$0]?.event }
                state.repeats.removeAll { state.events[$0]?.room == room }
                if state.isDoubling { events = events.flatMap { [$0, $0] } }
                if state.isReversing { events.reverse() }
                for event in events {
                    guard let id = event["event_id"]?.stringValue, state.events[id] != nil else { continue }
                    state.batches[id] = batch
                }
                guard case .object(var changed) = update, case .object(var timeline)? = changed["timeline"] else {
                    continue
                }
                timeline["events"] = .array(events)
                changed["timeline"] = .object(timeline)
                rooms[room] = .object(changed)
            }
        }
        guard !rooms.isEmpty, case .object(var all)? = object["rooms"] else { return answer }
        all["join"] = .object(rooms)
        object["rooms"] = .object(all)
        return .object(object)
    }

    /// Sets the time that the content requests.
    private static func dated(_ event: JSON) -> JSON {
        guard case .object(var object) = event, let time = event["content"]?[Self.timeKey] else { return event }
        object["origin_server_ts"] = time
        return .object(object)
    }

    private static func note(_ event: JSON, _ room: String, _ state: inout State) {
        guard let id = event["event_id"]?.stringValue, state.events[id] == nil else { return }
        state.events[id] = (room, event)
        state.order.append(id)
        guard state.order.count > Self.kept else { return }
        for old in state.order.prefix(Self.kept / 2) {
            state.events[old] = nil
            state.batches[old] = nil
        }
        state.order.removeFirst(Self.kept / 2)
    }
}
