import Chat
import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import JSON
import Kit
import Lifecycle
import Primitives
import TestSupport
import Testing

@testable import Slack

@Suite("Events and commands from Slack", .timeLimit(.minutes(1)))
struct SlackWaysInTests {
    @Test("a slash command in a channel is shown there, and the conversation continues in its thread")
    func slash() async throws {
        try await SlackStage.with { stage in
            let command = try #require(stage.slack.slash("/jetbridge", "specify a <!here> page"))
            await stage.sink.wait { !$0.messages.isEmpty }
            let message = try #require(stage.sink.messages.first)
            expectEqual(message.text, "/specify a <!here> page")
            expectEqual(message.route.commandPrefix, "/jetbridge ")
            let root = try #require(message.route.anchor)
            expectEqual(message.thread.value, "\(LoopbackSlack.general)/\(root)")
            expectEqual(stage.slack.message(root)?.content.contains("/specify a <!here> page"), true)
            #expect(stage.slack.pings.isEmpty)
            try await stage.slack.wait("the command is acknowledged") { $0.outcome(command)?.isAcknowledged == true }
            stage.slack.say("go on", thread: root)
            await stage.sink.wait { $0.messages.count == 2 }
            expectEqual(stage.sink.messages.last?.thread, message.thread)
            expectEqual(stage.sink.messages.last?.isAddressed, true)
            expectEqual(stage.sink.messages.last?.route.commandPrefix, nil)
        }
    }

    @Test("a slash command in a direct message joins that conversation; what not everybody may see is never shown")
    func slashInPrivate() async throws {
        try await SlackStage.with { stage in
            let direct = stage.slack.directChannel()
            stage.slack.slash("/jetbridge", "status", in: direct)
            await stage.sink.wait { $0.messages.count == 1 }
            expectEqual(stage.sink.messages[0].thread.value, direct)
            #expect(stage.sink.messages[0].isDirect)
            stage.sink.change { $0.hides = true }
            stage.slack.slash("/jetbridge", "pair ABCD-EFGH", in: LoopbackSlack.general)
            await stage.sink.wait { $0.messages.count == 2 }
            expectEqual(stage.sink.messages[1].thread.value, direct)
            expectEqual(stage.slack.count("chat.postMessage"), 0)
            #expect(stage.slack.shown().isEmpty)
            #expect(stage.slack.shown(in: direct).isEmpty)
        }
    }

    @Test("a stranger's slash command is answered with how to pair and leaves no trace in the channel")
    func slashByStranger() async throws {
        try await SlackStage.with { stage in
            stage.sink.change {
                $0.hides = true
                $0.verdict = .ignored("stranger")
            }
            let command = try #require(stage.slack.slash("/jetbridge", "status"))
            try await stage.slack.wait("an answer") { $0.outcome(command)?.answers.isEmpty == false }
            expectEqual(stage.slack.outcome(command)?.answers.first?["text"]?.stringValue?.contains("pair CODE"), true)
            #expect(stage.slack.shown().isEmpty)
            expectEqual(stage.slack.count("chat.postMessage"), 0)
        }
    }

    @Test("in a channel without the bot, a command is answered with how to invite it")
    func slashElsewhere() async throws {
        try await SlackStage.with { stage in
            let channel = stage.slack.addChannel("elsewhere", withBot: false)
            let command = try #require(stage.slack.slash("/jetbridge", "status", in: channel))
            try await stage.slack.wait("an answer") { $0.outcome(command)?.answers.isEmpty == false }
            expectEqual(stage.slack.outcome(command)?.answers.first?["text"]?.stringValue?.contains("/invite"), true)
            #expect(stage.sink.messages.isEmpty)
        }
    }

    @Test("an event that cannot be stored is not acknowledged and is redelivered")
    func storeFails() async throws {
        try await SlackStage.with(SlackStage.settings { $0.retrySeconds = [0, 0.1, 0.2] }) { stage in
            stage.sink.change { $0.failures = 6 }
            stage.slack.say("\(stage.slack.mention) one")
            await stage.sink.wait { $0.messages.count == 1 }
            try await stage.slack.wait("an acknowledgement") { $0.outstanding == 0 }
            #expect(stage.slack.mistakes.isEmpty)
            expectEqual(stage.sink.messages.count, 1)
        }
    }

    @Test("sockets are renewed before they close, and no event is lost or doubled", arguments: [false, true])
    func renewal(isWarning: Bool) async throws {
        try await SlackStage.with(SlackStage.settings { $0.retrySeconds = [0, 0.3, 1] }) { stage in
            try await stage.slack.wait("two sockets") { $0.connectionCount == 2 }
            for number in 0..<20 {
                stage.slack.say("\(stage.slack.mention) \(number)")
                if number == 10 {
                    await isWarning
                        ? stage.slack.warnSockets(closingAfter: 0.5) : stage.slack.refreshSockets(closingAfter: 0.5)
                }
            }
            await stage.sink.wait { $0.messages.count == 20 }
            try await stage.slack.wait("acknowledgements") { $0.outstanding == 0 }
            expectEqual(Set(stage.sink.messages.map(\.text)).count, 20)
            expectEqual(stage.slack.deliveries.lost, 0)
        }
    }

    @Test("after a cut connection, the adapter reconnects and receives what it missed")
    func cut() async throws {
        try await SlackStage.with(SlackStage.settings { $0.retrySeconds = [0, 2, 4] }) { stage in
            await stage.slack.cutSockets()
            stage.slack.say("\(stage.slack.mention) one")
            await stage.sink.wait { $0.messages.count == 1 }
            expectEqual(stage.adapter.status.state, .up)
        }
    }

    @Test("Socket Mode turned off or a revoked token is a refusal that says what to do")
    func refusals() async throws {
        try await SlackStage.with { stage in
            await stage.slack.disableSocketMode()
            await stage.sink.wait { $0.states.contains(.refused) }
            expectEqual(stage.adapter.status.detail?.contains("Socket Mode"), true)
        }
        try await SlackStage.with { stage in
            stage.slack.revokeToken()
            await stage.sink.wait { $0.states.contains(.refused) }
            expectEqual(stage.adapter.status.detail?.contains("reinstall the app"), true)
        }
    }

    @Test("invalid frames are ignored")
    func nonsense() async throws {
        try await SlackStage.with { stage in
            for text in [
                "", "{", "null", "[1]", #"{"type":"hello"}"#, #"{"envelope_id":"x","type":"events_api","payload":[]}"#,
            ] {
                await stage.slack.sendRaw(text)
            }
            stage.slack.say("\(stage.slack.mention) one")
            await stage.sink.wait { $0.messages.count == 1 }
        }
    }

    @Test("messages missed while offline are read afterwards, also in threads")
    func absence() async throws {
        let memory = KeptMemory()
        let slack = try await LoopbackSlack.started(SlackStage.settings { $0.retrySeconds = [0, 0, 0] })
        let first = Protected("")
        try await SlackStage.run(in: slack, memory: memory.store) { stage in
            first.withLock { $0 = slack.say("\(slack.mention) before") }
            await stage.sink.wait { $0.messages.count == 1 }
        }
        let root = first.withLock { $0 }
        slack.say("\(slack.mention) meanwhile")
        slack.say("in the thread", thread: root)
        slack.sayAsBot("\(slack.mention) not a person")
        slack.say("direct", in: slack.directChannel())
        try await slack.wait("Slack gives up") { $0.outstanding == 0 }
        try await SlackStage.run(in: slack, memory: memory.store) { stage in
            await stage.sink.wait {
                Set($0.messages.map(\.text)).isSuperset(of: ["meanwhile", "in the thread", "direct"])
            }
            let messages = stage.sink.messages
            #expect(messages.filter { $0.text == "meanwhile" }.allSatisfy { $0.isBacklog })
            expectEqual(messages.first { $0.text == "in the thread" }?.thread.value, "\(LoopbackSlack.general)/\(root)")
            expectEqual(messages.first { $0.text == "direct" }?.isDirect, true)
            expectEqual(messages.contains { $0.text.contains("not a person") }, false)
        }
        await slack.stop()
    }

    /// A workspace in which `say` was called while the adapter was away.
    private func absent(_ memory: KeptMemory, _ say: (LoopbackSlack) -> Void) async throws -> LoopbackSlack {
        let slack = try await LoopbackSlack.started(SlackStage.settings { $0.retrySeconds = [0, 0, 0] })
        try await SlackStage.run(in: slack, memory: memory.store) { stage in
            slack.say("\(slack.mention) before")
            await stage.sink.wait { $0.messages.count == 1 }
        }
        say(slack)
        try await slack.wait("Slack gives up") { $0.outstanding == 0 }
        return slack
    }

    @Test("a channel that cannot be read does not hold up the missed messages of the others")
    func failingChannel() async throws {
        let memory = KeptMemory()
        let slack = try await self.absent(memory) { slack in
            slack.say("direct", in: slack.directChannel())
            slack.say("\(slack.mention) meanwhile")
        }
        // Direct conversations are read first.
        slack.inject(.error("internal_error"), at: "conversations.history")
        try await SlackStage.run(in: slack, memory: memory.store) { stage in
            await stage.sink.wait { $0.messages.contains { $0.text == "meanwhile" } }
            expectEqual(stage.sink.messages.contains { $0.text == "direct" }, false)
        }
        await slack.stop()
    }

    @Test("missed messages that are too long for one answer are read in smaller pages")
    func longMessages() async throws {
        let memory = KeptMemory()
        let slack = try await self.absent(memory) { slack in
            for number in 0..<8 { slack.say("\(slack.mention) \(number) \(String(repeating: "x", count: 2_000))") }
        }
        try await SlackStage.run(in: slack, memory: memory.store, answerLimit: 16_000) { stage in
            await stage.sink.wait { $0.messages.count { $0.text.utf8.count > 2_000 } == 8 }
        }
        await slack.stop()
    }

    @Test("a message that is nested too deeply does not hide the others of an answer")
    func deepMessage() throws {
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let text = #"{"ok":true,"messages":[{"ts":"2.0","blocks":\#(deep)},{"ts":"1.0"}]}"#
        let answer = try SlackAdapter.read(Array(text.utf8))
        expectEqual(answer?["messages"]?.arrayValue?.map { $0["ts"]?.stringValue }, [nil, "1.0"])
        try expectEqual(SlackAdapter.read(Array("<html>".utf8)), nil)
    }

    @Test("messages missed after a kill in the first seconds are read as well")
    func earlyKill() async throws {
        let memory = KeptMemory()
        let left = Protected<(bytes: [UInt8]?, root: String)>((nil, ""))
        let slack = try await LoopbackSlack.started(SlackStage.settings { $0.retrySeconds = [0, 0, 0] })
        try await SlackStage.run(in: slack, memory: memory.store) { stage in
            let root = slack.say("\(slack.mention) before")
            await stage.sink.wait { $0.messages.count == 1 }
            // Only what is saved at once: neither the periodic save nor the one at an orderly end.
            let end = ContinuousClock.now + .seconds(10)
            while memory.bytes == nil, .now < end { try await Task.sleep(for: .milliseconds(10)) }
            let bytes = try #require(memory.bytes)
            left.withLock { $0 = (bytes, root) }
        }
        let (bytes, root) = left.withLock { $0 }
        slack.say("in the thread", thread: root)
        try await slack.wait("Slack gives up") { $0.outstanding == 0 }
        try await SlackStage.run(in: slack, memory: KeptMemory(bytes).store) { stage in
            await stage.sink.wait { $0.messages.contains { $0.text == "in the thread" } }
        }
        await slack.stop()
    }

    @Test("over HTTP, one address serves the challenge, signed events, commands and buttons")
    func overHTTP() async throws {
        try await SlackStage.with(isSocket: false) { stage in
            let server = HTTPServer(HTTPServerSettings(port: 0)) { request in await stage.adapter.respond(to: request) }
            try await server.start()
            let url = try HTTPURL("http://127.0.0.1:\(server.boundAddress?.port ?? 0)/hooks/slack/team")
            stage.slack.deliverOverHTTP(to: url)
            #expect(try await stage.slack.verifyURL())
            stage.slack.say("\(stage.slack.mention) one")
            await stage.sink.wait { $0.messages.count == 1 }
            let command = try #require(stage.slack.slash("/jetbridge", "status"))
            await stage.sink.wait { $0.messages.count == 2 }
            try await stage.slack.wait("an answer to the command") { $0.outcome(command)?.isAcknowledged == true }
            let posted = try await stage.adapter.post(
                stage.message(
                    "Go?", stage.route(thread: nil), buttons: [MessageButton(label: "Go", command: "approve 1")]))
            let press = try #require(stage.slack.press("Go", of: posted.id))
            await stage.sink.wait { $0.events.contains { if case .choice = $0.kind { true } else { false } } }
            try await stage.slack.wait("an answer to the button") { $0.outcome(press)?.isAcknowledged == true }
            try await Self.checkSignatures(url, stage)
            await server.stop()
        }
    }

    private static func checkSignatures(_ url: HTTPURL, _ stage: SlackStage) async throws {
        let client = HTTPClient()
        let body = Array(#"{"type":"event_callback"}"#.utf8)
        let now = Int(AdapterTime.now.wall / 1_000)
        for (secret, time, expected) in [
            ("wrong", now, 401), (stage.slack.settings.signingSecret, now - 400, 401),
            (stage.slack.settings.signingSecret, now + 400, 401), (stage.slack.settings.signingSecret, now, 200),
        ] {
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            for (name, value) in LoopbackSlack.signature(of: body, secret: secret, timestamp: time) {
                headers.append(name, value)
            }
            let response = try await client.execute(HTTPClientRequest(.post, url, headers: headers, body: .bytes(body)))
            expectEqual(response.status.code, expected)
        }
        let unsigned = try await client.execute(HTTPClientRequest(.post, url, body: .bytes(body)))
        expectEqual(unsigned.status.code, 401)
    }
}

/// A memory store that tests can inspect.
final class KeptMemory: Sendable {
    private let state: Protected<[UInt8]?>

    init(_ bytes: [UInt8]? = nil) { self.state = Protected(bytes) }

    var bytes: [UInt8]? { self.state.withLock { $0 } }

    var store: MemoryStore {
        MemoryStore(
            load: { self.state.withLock { $0 } },
            save: { bytes in
                self.state.withLock { $0 = bytes }
                return true
            })
    }
}
