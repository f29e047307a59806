import JSON
import TestSupport
import Testing

/// Commands, jobs and the workspace through the HTTP API and the live protocol.
@Suite("Commands over HTTP", .timeLimit(.minutes(2)))
struct RunOverHTTPTests {
    /// Posts a message and waits for its end; returns the last message of the thread.
    private func say(_ text: String, in thread: String, _ client: GatewayClient) async throws -> String {
        let ended = try await client.ended(try await client.send(text, to: thread))
        expectEqual(ended["state"]?.stringValue, "complete", "\(text): \(ended.text)")
        return try await client.transcript(of: thread).last?.text ?? ""
    }

    private func paths(_ thread: String, _ client: GatewayClient) async throws -> [String] {
        let files = try await client.get("/api/v1/threads/\(thread)/files")["items"]?.arrayValue ?? []
        return files.compactMap { $0["path"]?.stringValue }
    }

    @Test("a command's output comes live and raw, and its last line says how it ended")
    func live() async throws {
        let scene = try await CommandScene.start()
        let client = try await scene.host.signIn()
        let thread = try await client.newThread()
        let operation = try await client.send("/run printf '\\033[32mgreen\\033[0m\\n'; make test; exit 3", to: thread)
        let live = try await client.live()
        try await live.subscribe(to: operation)
        var frames: [JSON] = []
        var text = ""
        while !text.contains("first\n"), let frame = try await live.next() {
            frames.append(frame)
            if frame["type"] == "execution" { text += frame["content"]?.stringValue ?? "" }
        }
        expectEqual(text, "\u{1B}[32mgreen\u{1B}[0m\nfirst\n")
        try await expectEqual(client.get("/api/v1/operations/\(operation)")["state"]?.stringValue, "running")
        let jobs = try await client.get("/api/v1/threads/\(thread)/jobs")["items"]?.arrayValue ?? []
        expectEqual(jobs.map { $0["state"]?.stringValue }, ["running"])
        try scene.letGo()
        frames += try await live.frames()
        await live.close()
        expectEqual(frames.map { $0["sequence"]?.intValue }, Array(1...frames.count))
        expectEqual(frames.last?["type"], "complete")
        let answer = try await client.transcript(of: thread).last?.text ?? ""
        #expect(answer.hasPrefix("```\ngreen\nfirst\nsecond\n```\n\n"), "\(answer)")
        #expect(CommandScene.isExit(String(answer.split(separator: "\n").last ?? ""), 3), "\(answer)")
        #expect(answer.contains("The next command gets a fresh shell"))
        await scene.stop()
    }

    @Test("an uploaded file lands in the workspace with the next message")
    func upload() async throws {
        let scene = try await CommandScene.start()
        let client = try await scene.host.signIn()
        let thread = try await client.newThread()
        let bytes = Array("1,2,3\n".utf8)
        try await expectEqual(
            client.upload(bytes, named: "data set.csv", to: thread),
            ["name": "data set.csv", "size": 6, "type": "text/plain"])
        #expect(
            try await self.say("/run cat 'data set.csv'", in: thread, client).hasPrefix("```\n1,2,3\n```\n\nexit 0 · "))
        #expect(try await self.paths(thread, client).contains("data set.csv"))
        await scene.stop()
    }

    @Test("jobs, files, diff, snapshots and undo")
    func workspace() async throws {
        let scene = try await CommandScene.start()
        let client = try await scene.host.signIn()
        let thread = try await client.newThread()
        try await self.jobs(thread, client)
        try await self.changes(thread, client)
        await scene.stop()
    }

    private func jobs(_ thread: String, _ client: GatewayClient) async throws {
        let mark = Survivors.mark()
        let started = try await self.say("/run sleep \(mark) &", in: thread, client)
        let id = try #require(started.firstMatch(of: /Job `(\w+)` runs in the background/)?.1)
        let running = try await client.get("/api/v1/threads/\(thread)/jobs")["items"]?[0]
        #expect(running?["id"]?.stringValue == String(id) && running?["state"]?.stringValue == "running")
        #expect(running?["background"] == true && running?["command"]?.stringValue == "sleep \(mark)")
        _ = try await Survivors.wait(mark, atLeast: 1)
        _ = try await client.send("/kill \(id)", to: thread)
        try await Survivors.waitForNone(mark)
        while try await client.get("/api/v1/threads/\(thread)/jobs")["items"]?[0]?["state"] != "ended" {}
    }

    private func changes(_ thread: String, _ client: GatewayClient) async throws {
        _ = try await self.say("/run echo 1,2,3 > data.csv", in: thread, client)
        #expect(try await self.say("/run cat data.csv", in: thread, client).hasPrefix("```\n1,2,3\n```\n\nexit 0 · "))
        let snapshot = try await self.say("/snapshot", in: thread, client)
        let id = try #require(snapshot.firstMatch(of: /Snapshot `(\w+)`/)?.1)
        _ = try await self.say("/run echo 4 >> data.csv; rm sub/kept.txt; echo new > new.txt", in: thread, client)
        try await expectEqual(self.paths(thread, client).sorted(), ["Makefile", "data.csv", "new.txt", "sub"])
        let diff = try await client.get("/api/v1/threads/\(thread)/diff")["diff"]?.stringValue ?? ""
        #expect(diff.contains("+new\n") && diff.contains("-kept\n") && diff.contains("+4\n"), "\(diff)")
        #expect(try await self.say("/undo", in: thread, client).contains("as they were before"))
        #expect(try await self.say("/run cat data.csv sub/*", in: thread, client).hasPrefix("```\n1,2,3\nkept\n```"))
        _ = try await self.say("/run rm -r sub data.csv", in: thread, client)
        _ = try await self.say("/undo \(id)", in: thread, client)
        #expect(try await self.paths(thread, client).contains("data.csv"))
        let file = try await client.answer("GET", "/api/v1/threads/\(thread)/files?name=sub/kept.txt")
        #expect(file.status == 200 && file.text == "kept\n")
        let snapshots = try await client.get("/api/v1/threads/\(thread)/snapshots")["items"]?.arrayValue ?? []
        #expect(snapshots.contains { $0["id"]?.stringValue == String(id) })
    }
}
