package import Chat
internal import Primitives
package import Store

/// That a person with a role has written, and where they write to the bot directly.
package struct Sighting: Sendable {
    package let sender: Sender
    /// Nil when the message was not a direct one.
    package let direct: DirectConversation?
    /// Milliseconds since 1970, like all times.
    package let at: Int64

    package func write(to ledger: Ledger) throws { try ledger.note(self) }
}

/// Which sightings are worth storing: of each person one a minute, and the first direct one.
package final class Sightings: Sendable {
    private struct Last {
        var at: Int64
        var isDirect: Bool
    }

    private let last = Protected<[String: Last]>([:])

    /// Milliseconds.
    private static let interval: Int64 = 60_000
    private static let limit = 10_000

    /// Nil for one that need not be stored, such as of an identity that ends with its connection.
    package func sighting(of message: InboundMessage, at now: Int64) -> Sighting? {
        let sender = message.sender
        // The gateway records when a credential was used.
        guard sender.isLasting, message.thread.adapter != Place.webAdapter else { return nil }
        let isDue = self.last.withLock { last in
            let known = last[sender.id]
            if let known, now - known.at < Self.interval, known.isDirect || !message.isDirect { return false }
            if last.count > Self.limit { last.removeAll() }
            last[sender.id] = Last(at: now, isDirect: message.isDirect || known?.isDirect == true)
            return true
        }
        guard isDue else { return nil }
        let direct = DirectConversation(thread: message.thread, route: message.route)
        return Sighting(sender: sender, direct: message.isDirect ? direct : nil, at: now)
    }

    func forget(_ identity: String) { self.last.withLock { $0[identity] = nil } }
}
