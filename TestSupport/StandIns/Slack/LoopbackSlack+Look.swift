internal import EventLoop
package import JSON

/// State that tests inspect.
extension LoopbackSlack {
    /// A wait timed out.
    package struct TooLong: Error, CustomStringConvertible {
        package let description: String
    }

    /// Every message of a channel, oldest first. `thread` limits it to a root and its replies, `after` to messages
    /// after that ts.
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

    /// The bot's messages in a channel or thread, oldest first.
    package func shown(
        in channel: String = LoopbackSlack.general, thread: String? = nil, after: String? = nil
    ) -> [Shown] {
        self.history(channel, thread: thread, after: after).filter(\.isFromBot)
    }

    package func message(_ ts: String, in channel: String = LoopbackSlack.general) -> Shown? {
        self.look { $0.channels[channel]?[ts].map { Shown($0) } }
    }

    /// The ephemeral messages, oldest first.
    package func ephemerals(in channel: String = LoopbackSlack.general) -> [Shown] {
        self.look { $0.ephemerals.filter { $0.channel == channel }.map { Shown($0.message) } }
    }

    /// The mentions in the app's messages that would have notified people.
    package var pings: [Ping] { self.look { $0.pings } }

    /// The number of calls to a method, whatever the answers.
    package func count(_ method: String) -> Int { self.look { $0.counts[method] ?? 0 } }

    package var counts: [String: Int] { self.look { $0.counts } }

    /// The number of answers with each error, including `ratelimited`.
    package var refusals: [String: Int] { self.look { $0.refusals } }

    /// The app's mistakes with envelopes: acknowledged late, twice, or on the wrong connection.
    package var mistakes: [String] { self.look { $0.delivery.mistakes } }

    /// The number of unacknowledged events, including those waiting for a retry.
    package var outstanding: Int { self.look { $0.delivery.outstanding } }

    /// The numbers of acknowledged and abandoned deliveries.
    package var deliveries: (acknowledged: Int, lost: Int) {
        self.look { ($0.delivery.acknowledged, $0.delivery.lost) }
    }

    /// The number of open WebSockets.
    package var connectionCount: Int { self.look { $0.delivery.connections.count } }

    /// The result of a button, a command or a form.
    package func outcome(_ interaction: String) -> Outcome? { self.look { $0.interactions[interaction]?.outcome } }

    /// The open views by id, as the app sent them.
    package var views: [String: JSON] { self.look { $0.views.compactMapValues { $0["view"] } } }

    /// A file that a person sent or the app uploaded.
    package func file(_ id: String) -> (name: String, title: String, bytes: [UInt8])? {
        self.look { $0.files[id].map { ($0.name, $0.title, $0.bytes) } }
    }

    /// The visible status of a thread.
    package func status(in channel: String = LoopbackSlack.general, thread: String) -> String? {
        self.change { state in
            guard let status = state.channels[channel]?.statuses[thread], status.end > state.now else { return nil }
            return status.text
        }
    }

    /// The title of an assistant thread.
    package func title(in channel: String, thread: String) -> String? {
        self.look { $0.channels[channel]?.titles[thread] }
    }

    /// The suggested prompts of a thread, or of the whole conversation.
    package func prompts(in channel: String, thread: String = "") -> [JSON] {
        self.look { $0.channels[channel]?.prompts[thread]?.arrayValue ?? [] }
    }

    /// Waits until the workspace satisfies a condition, checked after each change. Throws ``TooLong``.
    @Net package func wait(
        _ what: String, for duration: Duration = .seconds(30), until condition: @Sendable (LoopbackSlack) -> Bool
    ) async throws {
        let end = EventLoop.shared.now.advanced(by: duration)
        let alarm = EventLoop.shared.schedule(after: duration) { [wire = self.wire] in wire.changed.wakeAll() }
        defer { alarm.cancel() }
        while !condition(self) {
            guard EventLoop.shared.now < end else {
                throw TooLong(description: "timed out after \(duration) waiting for \(what)")
            }
            try await self.wire.changed.wait()
        }
    }
}
