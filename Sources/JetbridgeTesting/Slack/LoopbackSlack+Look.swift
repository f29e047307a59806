internal import EventLoop
package import JSON

/// What tests look at.
extension LoopbackSlack {
    /// Waited too long.
    package struct TooLong: Error, CustomStringConvertible {
        package let description: String
    }

    /// Every message of a channel, the oldest first; with `thread` only its root and its replies, with `after` only what
    /// came after a message.
    package func history(
        _ channel: String = LoopbackSlack.general, thread: String? = nil, after: String? = nil
    ) -> [Shown] {
        self.look { state in
            guard let messages = state.channels[channel]?.messages else { return [] }
            guard let thread else { return messages.list(after: after).map { Shown($0) } }
            return ([thread] + (messages.replies[thread] ?? [])).filter { $0 > after ?? "" }
                .compactMap { messages[$0] }.map { Shown($0) }
        }
    }

    /// What the bot has standing in a channel, the oldest first; with `thread` only there.
    package func shown(
        in channel: String = LoopbackSlack.general, thread: String? = nil, after: String? = nil
    ) -> [Shown] {
        self.history(channel, thread: thread, after: after).filter(\.isFromBot)
    }

    /// One message.
    package func message(_ ts: String, in channel: String = LoopbackSlack.general) -> Shown? {
        self.look { $0.channels[channel]?[ts].map { Shown($0) } }
    }

    /// What only one person sees, the oldest first.
    package func ephemerals(in channel: String = LoopbackSlack.general) -> [Shown] {
        self.look { $0.ephemerals.filter { $0.channel == channel }.map { Shown($0.message) } }
    }

    /// Whom the app's messages would have notified.
    package var pings: [Ping] { self.look { $0.pings } }

    /// How often a method was called, whatever the answer was.
    package func count(_ method: String) -> Int { self.look { $0.counts[method] ?? 0 } }

    /// How often each method was called.
    package var counts: [String: Int] { self.look { $0.counts } }

    /// How often each error was answered; `ratelimited` among them.
    package var refusals: [String: Int] { self.look { $0.refusals } }

    /// What the app did wrong with envelopes: acknowledged late, twice, or on the wrong connection.
    package var mistakes: [String] { self.look { $0.delivery.mistakes } }

    /// Events that aren't acknowledged yet, those among them that wait for their next try.
    package var outstanding: Int { self.look { $0.delivery.outstanding } }

    /// Deliveries that were acknowledged, and those that were given up.
    package var deliveries: (acknowledged: Int, lost: Int) {
        self.look { ($0.delivery.acknowledged, $0.delivery.lost) }
    }

    /// How many WebSockets are open.
    package var connectionCount: Int { self.look { $0.delivery.connections.count } }

    /// What came of a button, a command or a form.
    package func outcome(_ interaction: String) -> Outcome? { self.look { $0.interactions[interaction]?.outcome } }

    /// The views that are open, by id, as the app gave them.
    package var views: [String: JSON] { self.look { $0.views.compactMapValues { $0["view"] } } }

    /// A file that somebody sent or the app uploaded.
    package func file(_ id: String) -> (name: String, title: String, bytes: [UInt8])? {
        self.look { $0.files[id].map { ($0.name, $0.title, $0.bytes) } }
    }

    /// The status of a thread that people see.
    package func status(in channel: String = LoopbackSlack.general, thread: String) -> String? {
        self.change { state in
            guard let status = state.channels[channel]?.statuses[thread], status.end > state.now else { return nil }
            return status.text
        }
    }

    /// The title of an assistant's thread.
    package func title(in channel: String, thread: String) -> String? {
        self.look { $0.channels[channel]?.titles[thread] }
    }

    /// The suggested prompts of a thread; of the whole conversation without one.
    package func prompts(in channel: String, thread: String = "") -> [JSON] {
        self.look { $0.channels[channel]?.prompts[thread]?.arrayValue ?? [] }
    }

    /// What the app said of its session in a thread, where agents' sessions are rolled out.
    package func session(in channel: String, thread: String) -> String? {
        self.look { $0.channels[channel]?.sessions[thread] }
    }

    /// Waits until something holds of the workspace; it is looked at after each change. Throws ``TooLong``.
    @Net package func wait(
        _ what: String, for duration: Duration = .seconds(30), until condition: @Sendable (LoopbackSlack) -> Bool
    ) async throws {
        let end = EventLoop.shared.now.advanced(by: duration)
        let alarm = EventLoop.shared.schedule(after: duration) { [wire = self.wire] in wire.changed.wakeAll() }
        defer { alarm.cancel() }
        while !condition(self) {
            guard EventLoop.shared.now < end else {
                throw TooLong(description: "\(what) didn't come within \(duration)")
            }
            try await self.wire.changed.wait()
        }
    }
}
