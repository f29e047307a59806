import TestSupport
import Testing

/// Commands from a channel on a real ngIRCd, in the real jail.
@Suite("Commands from an IRC channel", .timeLimit(.minutes(2)))
struct RunOnIRCTests {
    private static let channel = "#team"

    /// The scene, and two people in the channel.
    private struct Room {
        let scene: CommandScene
        let alice: IRCPeer
        let bob: IRCPeer

        /// What the bot answered a person, without formatting codes.
        func answers(to person: IRCPeer) -> [String] {
            let lines = person.heard(from: "jetbot", in: channel).map { line in
                String(String.UnicodeScalarView(line.unicodeScalars.filter { $0.value >= 0x20 }))
            }
            return IRCPeer.attributed(lines, to: ["alice", "bob"]).filter { $0.nick == person.nick }
                .map { $0.text.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
        }

        @discardableResult
        func wait(for person: IRCPeer, until isMet: ([String]) -> Bool) async throws -> [String] {
            try await person.listen(to: "jetbot", in: channel, within: .seconds(60)) { _ in
                isMet(self.answers(to: person))
            }
            return self.answers(to: person)
        }

        /// Runs a command as Alice and returns its lines, the last of which is its exit line.
        func run(_ command: String) async throws -> [String] {
            let before = self.answers(to: self.alice).count
            try await self.alice.say("!run \(command)", to: channel)
            let lines = try await self.wait(for: self.alice) { lines in
                lines.dropFirst(before).contains { CommandScene.isExit($0) }
            }
            return Array(lines.dropFirst(before))
        }

        /// Stops as Alice what runs, and returns what she reads from then on, up to a line that fits.
        func stop(until isEnd: (String) -> Bool) async throws -> [String] {
            let before = self.answers(to: self.alice).count
            try await self.alice.say("!stop", to: channel)
            let lines = try await self.wait(for: self.alice) { $0.dropFirst(before).contains(where: isEnd) }
            return Array(lines.dropFirst(before))
        }

        /// Another thread's turn completes now, and the gateway answers.
        func checkResponsiveness(_ word: String) async throws {
            try await self.bob.say("jetbot: \(word)", to: channel)
            try await self.wait(for: self.bob) { $0.contains("You said: \(word)") }
            #expect(try await self.scene.isHealthy())
        }
    }

    private func with(_ body: (Room) async throws -> Void) async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        let bob = try await IRCPeer.connect(to: server, nick: "bob")
        try await alice.join(Self.channel)
        try await bob.join(Self.channel)
        let scene = try await CommandScene.start(
            HostConfiguration.irc(port: server.port, owners: [HostConfiguration.owner, "irc:local/mask:bob!*@*"]))
        try await alice.waitForJoin(of: "jetbot")
        try await body(Room(scene: scene, alice: alice, bob: bob))
        await scene.stop()
        await server.stop()
    }

    @Test("make streams, directory and variables last, stop ends fork bombs, and other threads go on")
    func everything() async throws {
        try await self.with { room in
            try await self.stream(room)
            try await self.last(room)
            try await self.backgroundBomb(room)
            try await self.foregroundBomb(room)
        }
    }

    private func stream(_ room: Room) async throws {
        try await room.alice.say("!run make test", to: Self.channel)
        try await room.wait(for: room.alice) { $0.contains("first") }
        try await room.checkResponsiveness("while it runs")
        expectEqual(room.answers(to: room.alice), ["first"])
        try room.scene.letGo()
        let lines = try await room.wait(for: room.alice) { CommandScene.isExit($0.last ?? "") }
        #expect(lines.dropLast() == ["first", "second"] && CommandScene.isExit(lines.last ?? "", 0))
    }

    private func last(_ room: Room) async throws {
        let moved = try await room.run("cd sub")
        expectEqual(moved.count, 1, "\(moved)")
        try await expectEqual(room.run("pwd").first, "/workspace/sub")
        let exported = try await room.run("export X=1; y() { echo \"y $X\"; }")
        expectEqual(exported.count, 1, "\(exported)")
        let kept = try await room.run("y; ls")
        expectEqual(kept.dropLast(), ["y 1", "kept.txt"], "\(kept)")
        let failed = try await room.run("echo out; echo err >&2; false")
        expectEqual(failed.dropLast(), ["out", "stderr:", "err"], "\(failed)")
        #expect(CommandScene.isExit(failed.last ?? "", 1))
    }

    /// It outlives its command.
    private func backgroundBomb(_ room: Room) async throws {
        let mark = Survivors.mark()
        try await expectEqual(room.run("b() { sleep \(mark) & b | b & }; b 2>/dev/null").count, 1)
        _ = try await Survivors.wait(mark, atLeast: 10)
        try await room.checkResponsiveness("during the first bomb")
        #expect(!Survivors.of(mark).isEmpty)
        let lines = try await room.stop { $0.hasPrefix("Stopped what earlier commands left running.") }
        expectEqual(lines.count, 1)
        try await Survivors.waitForNone(mark)
        try await expectEqual(room.run("pwd; echo \"[$X]\"").dropLast(), ["/workspace", "[]"])
    }

    /// Its command does not end.
    private func foregroundBomb(_ room: Room) async throws {
        let mark = Survivors.mark()
        try await room.alice.say(
            "!run export X=2; b() { sleep \(mark) & b | b & }; b 2>/dev/null; while :; do :; done", to: Self.channel)
        _ = try await Survivors.wait(mark, atLeast: 10)
        try await room.checkResponsiveness("during the second bomb")
        let lines = try await room.stop { CommandScene.isExit($0) }
        #expect(CommandScene.isExit(lines.dropFirst().first ?? "", 130), "\(lines)")
        expectEqual(lines.first?.contains("The next command gets a fresh shell"), true)
        try await Survivors.waitForNone(mark)
        try await expectEqual(room.run("echo \"[$X]\"").dropLast().suffix(1), ["[]"])
    }
}
