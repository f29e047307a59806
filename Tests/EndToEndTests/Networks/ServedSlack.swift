import JSON
import Primitives
import TestSupport

/// The loopback Slack with its limits. The first conversation is a direct one, the others are threads in a channel.
final class ServedSlack: ServedNetwork {
    let slack: LoopbackSlack
    private let threads = Protected<[Int: String]>([:])
    let name = "slack"

    init(settings: LoopbackSlack.Settings = LoopbackSlack.Settings()) async throws {
        self.slack = try await LoopbackSlack.started(settings)
    }

    var entry: String {
        """
          slack:
            - {id: team, bot_token: {env: SLACK_BOT}, app_token: {env: SLACK_APP}, api_url: "\(self.slack.apiURL)"}
        """
    }

    var owners: [String] { ["slack:\(self.slack.teamID)/\(LoopbackSlack.alice)"] }
    var environment: [String: String] { ["SLACK_BOT": self.slack.botToken, "SLACK_APP": self.slack.appToken] }

    func meet(_ host: HostProcess) async throws {
        try await self.slack.wait("a connection") { $0.connectionCount > 0 }
    }

    func say(_ text: String, in conversation: Int) async throws {
        guard conversation > 0 else {
            self.slack.say(text, in: self.slack.directChannel())
            return
        }
        if let thread = self.threads.withLock({ $0[conversation] }) {
            self.slack.say(text, thread: thread)
        } else {
            let root = self.slack.say(
                text.hasPrefix(self.slack.mention) ? text : "\(self.slack.mention) \(text)")
            self.threads.withLock { $0[conversation] = root }
        }
    }

    private func messages(in conversation: Int) -> [LoopbackSlack.Shown] {
        guard conversation > 0 else { return self.slack.shown(in: self.slack.directChannel()) }
        guard let thread = self.threads.withLock({ $0[conversation] }) else { return [] }
        return self.slack.shown(thread: thread)
    }

    /// Without messages that still grow.
    func words(in conversation: Int) async throws -> [String] {
        self.messages(in: conversation).filter { !$0.isStreaming }.map(\.content)
    }

    func disturb(_ number: Int) async {
        switch number % 7 {
        case 0: await self.slack.cutSockets()
        case 1: self.slack.inject(.status(429, retryAfter: 1), at: "chat.postMessage")
        case 2: self.slack.inject(.loseAnswer, at: "chat.postMessage")
        case 3: self.slack.disturb(.duplicate)
        case 4: self.slack.inject(.webPage, at: "chat.update")
        case 5: await self.slack.refreshSockets()
        default: self.slack.inject(.cut, at: "chat.postMessage")
        }
    }

    func room(_ conversation: Int) async throws -> [RoomMessage] {
        guard let thread = self.threads.withLock({ $0[conversation] }) else { return [] }
        return self.slack.history(thread: thread).map { message in
            RoomMessage(
                author: message.isFromBot ? "jetbridge" : "alice", isFromBot: message.isFromBot,
                // A client without dates shows what stands in their place.
                text: message.content.replacing(#/<!date\^[^|>]*\|([^>]*)>/#) { $0.output.1 },
                markup: JSON.array(message.blocks).text, buttons: message.buttons.map(\.label),
                reactions: message.reactions.keys.sorted(), isGrowing: message.isStreaming)
        }
    }

    func decide(_ ask: String, _ decision: AskDecision, in conversation: Int) async throws {
        let shown = self.messages(in: conversation).last { $0.content.contains("`\(ask)`") }
        let label: String? =
            switch decision {
            case .approve: "Approve"
            case .approveAll: "Approve all"
            case .always: "Always in this thread"
            case .deny: "Deny"
            case .option(let letter): shown?.buttons.first { $0.label.hasPrefix("\(letter). ") }?.label
            }
        guard let shown, let label, self.slack.press(label, of: shown.ts) != nil else {
            throw NetworkFailure("no button for \(decision) in \(shown?.content ?? "the thread")")
        }
        guard case .deny(let reason) = decision else { return }
        try await self.slack.wait("the form for the reason") { !$0.views.isEmpty }
        let values: JSON = ["text": ["text": ["type": "plain_text_input", "value": .string(reason)]]]
        self.slack.submit(view: self.slack.views.keys.first ?? "", values)
    }

    func stop() async { await self.slack.stop() }
}
