import EventLoop
import JetbridgeTesting

/// A network on loopback on which a host serves, and the people who talk to it there in conversations of their own.
protocol ServedNetwork: Sendable {
    /// As under `adapters:`, or `web`.
    var name: String { get }
    /// The entry under `adapters:`; empty for the web.
    var entry: String { get }
    /// Who may talk to the bot.
    var owners: [String] { get }
    /// The secrets that the entry names.
    var environment: [String: String] { get }
    /// Goes where the bot is, or brings it there; the host serves by now.
    func meet(_ host: HostProcess) async throws
    /// Somebody writes in a conversation, as one does there: with a mention where it takes one.
    func say(_ text: String, in conversation: Int) async throws
    /// What the bot has written in a conversation, message by message, as it stands there now.
    func words(in conversation: Int) async throws -> [String]
    /// Returns after something has changed, or after a moment.
    func change() async throws
    /// Something that networks do goes wrong; what is under way must come through it.
    func disturb(_ number: Int) async
    func stop() async
}

extension ServedNetwork {
    /// Waits until what the bot has written in a conversation is as wanted, and returns it.
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
                    "\(self.name), conversation \(conversation): waited in vain for \(what); last: \(words.suffix(3))")
            }
            try await self.change()
        }
    }

    func change() async throws { try await EventLoop.shared.sleep(for: .milliseconds(30)) }

    func disturb(_ number: Int) async {}
}

struct NetworkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
