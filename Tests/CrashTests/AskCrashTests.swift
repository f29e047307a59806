import Database
import JSON
import Processes
import Store
import TestSupport
import Testing

/// Kills the real program where a command waits for its approval, and restarts it. A member asks in a thread, and an
/// owner approves in the web chat.
@Suite("A crash around an approval", .serialized, .timeLimit(.minutes(4)))
struct AskCrashTests {
    private static let repeatMark = "(may be a repeat) "
    /// Writes one line more each time it runs. The line is not in the command's text.
    private static let command = "printf 'r%sn\\n' 4 >> log; cat log"
    private static let output = "r4n"

    struct Scene {
        let model: LoopbackModelServer
        let host: HostProcess
        let environment: [String: String]
        private(set) var owner: GatewayClient

        init(fault: String, configuration: String = "", environment: [String: String] = [:]) async throws {
            self.model = try await LoopbackModelServer.started(behaviors: ["test": .answer("The next answer.")])
            self.host = try await HostProcess(configuration: HostConfiguration.web(self.model) + "\n" + configuration)
            self.environment = environment
            try await self.host.start(fault: fault, environment: environment)
            self.owner = try await self.host.signIn()
        }

        mutating func restart() async throws {
            try await self.host.waitForEnd()
            try await self.host.start(environment: self.environment)
            self.owner = self.owner.moved(to: try #require(self.host.address))
        }

        func end() async {
            await expectEqual(self.host.terminate(), .exited(0))
            await self.model.stop()
        }
    }

    @Test(
        "from a network: one message asks, what is approved runs once", arguments: CrashNetwork.allCases,
        ["ask-stored", "ask-posted", "ask-decided"])
    func network(_ network: CrashNetwork, fault: String) async throws {
        let room = try await network.open()
        var scene = try await Scene(
            fault: fault, configuration: room.configuration.replacing("{owners:", with: "{members:"),
            environment: room.environment)
        try await room.waitForBot()
        try await room.ask("\(network.commandSign)run \(Self.command)")
        if fault == "ask-decided" {
            try await room.wait(for: "question") { $0.contains(where: Self.isAsk) }
            try await Self.waitUntilSent(in: scene.host.dataPath)
            _ = try? await scene.owner.post("/api/v1/asks/a1", ["answer": "A"])
        }
        try await scene.restart()
        try await room.wait(for: "question after \(fault)") { $0.contains(where: Self.isAsk) }
        if fault != "ask-decided" {
            try await expectEqual(scene.owner.post("/api/v1/asks/a1", ["answer": "A"])["answer"], "A")
        }
        let texts = try await room.wait(for: "end of the command after \(fault)") { texts in
            texts.contains { $0.contains("exit 0") } && texts.contains { $0.contains("Approved by") }
        }
        let asked = texts.filter(Self.isAsk)
        expectEqual(asked.count { !$0.hasPrefix(Self.repeatMark) }, 1, "\(fault): \(texts)")
        #expect(!room.isExact || asked.count == 1, "\(fault): \(texts)")
        #expect(Self.runs(in: texts) == 1 && !texts.contains { $0.contains("Interrupted") }, "\(fault): \(texts)")
        await #expect(throws: GatewayClient.Failure.self) {
            try await scene.owner.post("/api/v1/asks/a1", ["answer": "A"])
        }
        await scene.end()
        await room.close()
    }

    /// Waits until the host knows that the question has arrived, which people see before: where it does not know, it
    /// cannot edit the question, and the outcome is a message of its own.
    private static func waitUntilSent(in data: String) async throws {
        let database = try Database(path: data + "/jetbridge.sqlite", migrations: StoreSchema.migrations)
        let query = "SELECT 1 AS found FROM outbox WHERE kind = 'ask' AND state = 'sent'"
        while try await database.read({ try $0.first(query) }) == nil { try await Task.sleep(for: .milliseconds(5)) }
        await database.close()
    }

    /// Some networks show code without its marks.
    private static func isAsk(_ text: String) -> Bool {
        text.replacing("`", with: "").contains("Approval a1: ")
    }

    private static func runs(in texts: [String]) -> Int {
        texts.reduce(0) { $0 + $1.ranges(of: Self.output).count }
    }

    /// A member with a thread on the web.
    private func member(_ scene: Scene) async throws -> (client: GatewayClient, thread: String) {
        let pair = try JSON.parse(try await scene.host.run(["pair", "--role", "member", "--json"]).output)
        let client = try await scene.host.signIn(try #require(pair["code"]?.stringValue))
        return (client, try await client.newThread())
    }

    private func waitForAsk(_ client: GatewayClient, _ thread: String) async throws {
        while try await client.get("/api/v1/threads/\(thread)/asks")["items"]?.arrayValue?.isEmpty != false {
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test("from the web chat: the ask is still open, or its decision counts", arguments: ["ask-stored", "ask-decided"])
    func web(fault: String) async throws {
        var scene = try await Scene(fault: fault)
        let (first, thread) = try await self.member(scene)
        _ = try? await first.send("/run \(Self.command)", to: thread, key: "the-one")
        if fault == "ask-decided" {
            try await self.waitForAsk(first, thread)
            _ = try? await scene.owner.post("/api/v1/asks/a1", ["answer": "A"])
        }
        try await scene.restart()
        let client = first.moved(to: try #require(scene.host.address))
        let operation = try await client.send("/run \(Self.command)", to: thread, key: "the-one")
        if fault != "ask-decided" { _ = try await scene.owner.post("/api/v1/asks/a1", ["answer": "A"]) }
        try await expectEqual(client.ended(operation)["state"], "complete")
        let texts = try await client.transcript(of: thread).map(\.text)
        #expect(texts.count { $0.hasPrefix("Approval `") } == 1 && Self.runs(in: texts) == 1, "\(texts)")
        #expect(texts.contains { $0.contains("\n\nApproved by ") }, "\(texts)")
        try await expectEqual(client.get("/api/v1/threads/\(thread)/asks")["items"], .array([]))
        await scene.end()
    }

    @Test("what was approved and runs is reported as interrupted, and does not run again")
    func running() async throws {
        var scene = try await Scene(fault: "event-received:1000")
        let (first, thread) = try await self.member(scene)
        let operation = try await first.send("/run \(Self.command); sleep 600", to: thread)
        try await self.waitForAsk(first, thread)
        _ = try await scene.owner.post("/api/v1/asks/a1", ["answer": "A"])
        let live = try await first.live()
        try await live.subscribe(to: operation)
        while try await live.next()?["content"]?.stringValue?.contains(Self.output) == false {}
        await scene.host.kill()
        await live.close()
        try await scene.restart()
        let client = first.moved(to: try #require(scene.host.address))
        try await expectEqual(client.ended(operation)["state"], "interrupted")
        let texts = try await client.transcript(of: thread).map(\.text)
        #expect(texts.count { $0.hasPrefix("Interrupted") } == 1 && Self.runs(in: texts) == 1, "\(texts)")
        let again = try await client.answer("POST", "/api/v1/asks/a1", body: #"{"answer":"A"}"#)
        #expect(again.status == 403 || again.status == 409)
        await scene.end()
    }
}
