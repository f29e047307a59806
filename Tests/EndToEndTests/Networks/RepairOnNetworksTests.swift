import JSON
import Primitives
import TestSupport
import Testing

/// People on five networks ask for a repair at the same time.
@Suite("A repair on all networks", .timeLimit(.minutes(4)))
struct RepairOnNetworksTests {
    /// Asks for a repair on each network, answers the asks, and returns what people received.
    func repair(
        _ scene: RepairScene, _ decisions: [AskDecision], commit: String, texts: [String]
    ) async throws -> [String: RepairTranscript.Room] {
        let rooms = Protected<[String: RepairTranscript.Room]>([:])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in scene.all.networks {
                group.addTask {
                    try await scene.begin(on: network)
                    var asks: [[RoomMessage]] = []
                    for decision in decisions { asks.append(try await scene.decide(decision, on: network)) }
                    for ask in asks { Self.checkAsk(ask, on: network) }
                    let room = try await scene.end(on: network)
                    try await scene.checkCommit(commit, of: network, in: room)
                    for text in texts + ["steps, "] {
                        let count = room.count { $0.isFromBot && $0.plain.contains(text) }
                        expectEqual(count, 1, "“\(text)” appears \(count) times on \(network.name)")
                    }
                    #expect(!room.contains { $0.plain.contains("may be a repeat") })
                    let isEdited = ["matrix", "slack", "telegram"].contains(network.name)
                    rooms.withLock { $0[network.name] = .init(messages: room, ask: isEdited ? asks[0] : []) }
                }
            }
            try await group.waitForAll()
        }
        #expect(scene.all.slack.slack.mistakes.isEmpty, "\(scene.all.slack.slack.mistakes)")
        return rooms.withLock { $0 }
    }

    /// First what is asked with the id, the exact text, where and until when, the options, how to answer.
    private static func checkAsk(_ messages: [RoomMessage], on network: any ServedNetwork) {
        let text = messages.map(\.plain).joined(separator: "\n")
        guard text.contains(/Approval `?a\d+`?:\s/) else { return }
        let form = /(?:\w+: )?Approval `?(a\d+)`?: the model \(asked by [^)]+\) wants to (run|change)\b/
        guard let match = text.prefixMatch(of: form) else {
            Issue.record("\(network.name): \(text)")
            return
        }
        #expect(text.contains("/workspace") && text.contains(/until|closes in/), "\(network.name): \(text)")
        let last = text.split(separator: "\n").last { $0.contains("answers me") } ?? ""
        #expect(last.contains("approve \(match.1)") && last.contains("deny \(match.1)"), "\(network.name): \(text)")
    }

    @Test("the rehearsal reads, changes, tests, asks once, commits and posts the link; undo and stop work")
    func rehearsal() async throws {
        let scene = try await RepairScene.start(model: "{provider: rehearsal}")
        async let stopped: Void = self.stop(scene)
        let rooms = try await self.repair(
            scene, [.always], commit: "Fix sum.sh", texts: ["passes now", "Approved by", "I look at the files first."])
        try await stopped
        let page = RepairTranscript(
            title: "A repair on every network: the rehearsal",
            introduction: """
                Five people write `fix the failing test` at the same time, each in a thread that works in a repository of
                its own, and answer the ask in the way of their network: a letter on IRC, a command on Matrix, buttons on
                Slack and Telegram, the panel on the web. The rehearsal model needs no account. The test
                `RepairOnNetworksTests` checks the commits with `git` and opens the links.
                """, rooms: rooms)
        try page.keep(as: "rehearsal")
        let file = TranscriptFile(name: "rehearsal", test: "RepairOnNetworksTests", text: page.text)
        let problem = file.problem()
        expectEqual(problem, nil)
        try await self.undo(scene)
        let status = await scene.all.stop()
        let log = await scene.all.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
    }

    /// Stops a turn that waits for an answer: the ask is closed, and nothing was changed.
    private func stop(_ scene: RepairScene) async throws {
        let telegram = scene.all.telegram
        try await telegram.say("fix the failing test", in: 0)
        try await scene.wait(on: telegram, in: 0, for: "an ask") { room in room.contains { !$0.buttons.isEmpty } }
        try await telegram.say("/stop", in: 0)
        let room = try await scene.wait(on: telegram, in: 0, for: "the end") { room in
            room.contains { $0.plain.contains(/Denied by Ada 0, .+ UTC: stopped/) && $0.buttons.isEmpty }
                && room.contains { $0.plain.hasPrefix("Stopped.") }
        }
        #expect(!room.contains { $0.plain.contains("file changed") })
    }

    /// Takes back the turn's changes; the commit stays.
    private func undo(_ scene: RepairScene) async throws {
        let web = scene.all.web
        try await web.say("/undo", in: RepairScene.conversation)
        try await scene.wait(on: web, for: "the undoing") { $0.last?.plain.contains("as they were before") == true }
        let reader = try #require(web.client)
        let thread = try web.thread(of: RepairScene.conversation)
        let diff = try await reader.get("/api/v1/threads/\(thread)/diff")["diff"]?.stringValue ?? ""
        #expect(diff.contains("-    echo $(($1 + $2))") && diff.contains("+    echo $(($1 - $2))"), "\(diff)")
    }

    @Test("a model asks, is refused with a reason, changes and tests, commits and posts the link")
    func scripted() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": ScriptedRepair.behavior])
        let scene = try await RepairScene.start(
            model: "{provider: openai, name: test, base_url: \"\(model.baseURL)\"}", "approvals: {writes: ask}")
        let rooms = try await self.repair(
            scene, [.option(letter: "A"), .deny(reason: ScriptedRepair.reason), .approveAll, .approve],
            commit: "Let sum add\n\nIt subtracted its second number.",
            texts: ["passes now", "They do not agree.", "Answered by", "Denied by", "The tests pass."])
        // Each answer was asked for once.
        expectEqual(model.requests.count, 5 * ScriptedRepair.answers)
        let results = model.requests.filter { $0.messages.last?.text.contains("exit 0") == true }
        expectEqual(results.count, 5)
        for result in results {
            let texts = result.messages.filter { $0.role == "tool" }.map(\.text)
            #expect(texts.contains { $0.contains("The answer: \(ScriptedRepair.options[0])") })
            #expect(texts.contains { $0.contains(ScriptedRepair.reason) })
        }
        let page = RepairTranscript(
            title: "A repair on every network: a model with questions",
            introduction: """
                The same with a model that asks what is meant, changes the wrong file and is refused with a reason. Here
                `approvals.writes` is `ask`, so each change and the commit are asked for too; a change and the command after
                it are one ask. The answers are a letter or a command on IRC, a reaction or a command on Matrix, buttons and
                a form on Slack, buttons or a command on Telegram.
                """, rooms: rooms)
        try page.keep(as: "questions")
        let file = TranscriptFile(name: "questions", test: "RepairOnNetworksTests", text: page.text)
        let problem = file.problem()
        expectEqual(problem, nil)
        let status = await scene.all.stop()
        let log = await scene.all.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
        await model.stop()
    }
}
