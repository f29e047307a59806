import EventLoop
import TestSupport

/// A network on loopback that a host serves, and people who talk to the bot in separate conversations.
protocol ServedNetwork: Sendable {
    /// The key under `adapters:`, or `web`.
    var name: String { get }
    /// The entry under `adapters:`; empty for the web.
    var entry: String { get }
    /// The people who may talk to the bot.
    var owners: [String] { get }
    /// The secrets named in the entry.
    var environment: [String: String] { get }
    /// Brings people and the bot together; the host is running by now.
    func meet(_ host: HostProcess) async throws
    /// A person writes in a conversation, with a mention where one is needed.
    func say(_ text: String, in conversation: Int) async throws
    /// The bot's messages in a conversation, in their current form.
    func words(in conversation: Int) async throws -> [String]
    /// Everything in a conversation, people's messages too, in its current form and order.
    func room(_ conversation: Int) async throws -> [RoomMessage]
    /// A person answers an ask in the way that is usual on this network.
    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws
    /// Returns after a change, or after a moment.
    func change() async throws
    /// Injects a typical network fault, which current requests must survive.
    func disturb(_ number: Int) async
    func stop() async
}

extension ServedNetwork {
    /// The sign before commands; on Slack a mention precedes them.
    var sign: String { ["irc": "!", "matrix": "!", "slack": ""][self.name] ?? "/" }

    /// Waits until the bot's messages in a conversation satisfy `isMet`, and returns them.
    @discardableResult
    func wait(
        in conversation: Int, for what: String, within limit: Duration = .seconds(60),
        until isMet: @Sendable ([String]) -> Bool
    ) async throws -> [String] {
        let deadline = ContinuousClock.now + limit
        while true {
            let words = try await self.words(in: conversation)
            if isMet(words) { return words }
            guard ContinuousClock.now < deadline else {
                throw NetworkFailure(
                    "\(self.name), conversation \(conversation): no \(what) in time; last: \(words.suffix(3))")
            }
            try await self.change()
        }
    }

    /// Approvals are answered with a reaction that the bot offers.
    var offersReactions: Bool { self.name == "matrix" }

    func change() async throws { try await EventLoop.shared.sleep(for: .milliseconds(30)) }

    func disturb(_ number: Int) async {}
}

struct NetworkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
