import Processes
import TestSupport
import Testing

/// Kills the real program at every fault point of a message and restarts it, while a person in the channel of a real
/// server watches.
@Suite("A crash at any fault point, seen from an IRC channel", .serialized, .timeLimit(.minutes(4)))
struct IRCCrashTests {
    static let paragraphs = ["First paragraph.", "Second paragraph, a bit longer.", "The end."]
    static let channel = "#team"
    static let repeatMark = "(may be a repeat) "

    /// Fault points with the pass at which the program dies: the first lines, the last one, those in between.
    static let faults = [
        "event-received", "event-stored", "turn-queued", "turn-started", "first-text", "first-text:3", "part-stored",
        "part-stored:2", "turn-closing", "turn-closed", "send-marked", "send-marked:2", "send-marked:3", "send-done",
        "send-done:2", "send-done:3", "send-recorded", "send-recorded:2", "send-recorded:3",
    ]

    /// These need a host that reads the answer piece by piece: pieces that arrive together are one text to it.
    static let faultsAmongPieces = ["first-text:3", "part-stored:2"]

    @Test("ngIRCd: one complete answer or one note, no repeat without its mark", arguments: Self.faults)
    func ngircd(fault: String) async throws {
        let server = try await NgIRCd(hasPenalty: false)
        try await self.crash(fault, on: server)
        await server.stop()
    }

    /// On one server, because it takes seconds to start.
    @Test("InspIRCd, with echoes: the same")
    func inspircd() async throws {
        let server = try await InspIRCd()
        for fault in [
            "event-stored", "first-text:3", "part-stored", "turn-closed", "send-marked:2", "send-done", "send-done:3",
        ] {
            try await self.crash(fault, on: server)
        }
        await server.stop()
    }

    private func crash(_ fault: String, on server: some IRCTestServer) async throws {
        let answer = ModelBehavior.answer(Self.paragraphs.joined(separator: "\n\n"), rate: 60)
        let model = try await LoopbackModelServer.started(behaviors: ["test": answer])
        let (pieces, source) = AsyncStream<String>.makeStream()
        if Self.faultsAmongPieces.contains(fault) { model.set(.pieces(pieces), for: "test") }
        let (host, alice) = try await Self.asked(on: server, model, fault: fault)
        // Unstructured: it ends with the host, before the channel has the whole answer.
        let writing = Task {
            for (index, paragraph) in Self.paragraphs.enumerated() {
                source.yield(paragraph + "\n\n")
                try await alice.listen(to: "jetbot", in: Self.channel) { $0.count > index }
            }
        }
        try await host.waitForEnd()
        writing.cancel()
        _ = await writing.result

        model.set(answer, for: "test")
        try await host.start()
        try await alice.waitForJoin(of: "jetbot")
        // IRC repeats nothing: what was not stored is lost with the connection.
        let isLost = fault == "event-received"
        if !isLost { try await alice.listen(to: "jetbot", in: Self.channel) { $0.contains(where: Self.isEnd) } }
        let lines = try await self.linesBeforeNextAnswer(alice, model)
        if isLost {
            #expect(lines.isEmpty)
        } else {
            Self.check(lines, after: fault)
        }
        await expectEqual(host.terminate(), .exited(0))
        await alice.quit()
        await model.stop()
    }

    /// The program in the channel, and a person there who has just asked it something.
    private static func asked(
        on server: some IRCTestServer, _ model: LoopbackModelServer, _ words: String = "jetbot: What is it?",
        fault: String? = nil
    ) async throws -> (HostProcess, IRCPeer) {
        let host = try await HostProcess(configuration: HostConfiguration.irc(port: server.port, model))
        let alice = try await IRCPeer.connect(to: server, nick: "alice")
        try await alice.join(Self.channel)
        try await host.start(fault: fault)
        try await alice.waitForJoin(of: "jetbot")
        try await alice.say(words, to: Self.channel)
        return (host, alice)
    }

    /// Asks again: messages go out in order, so everything still due comes before that answer.
    private func linesBeforeNextAnswer(_ alice: IRCPeer, _ model: LoopbackModelServer) async throws -> [String] {
        model.set(.answer("The next answer."), for: "test")
        try await alice.say("jetbot: And now?", to: Self.channel)
        let lines = try await alice.listen(to: "jetbot", in: Self.channel) { $0.last == "alice: The next answer." }
        return lines.dropLast()
    }

    private static func isEnd(_ line: String) -> Bool {
        line.hasSuffix(self.paragraphs[2]) || line.contains("Interrupted")
    }

    /// Checks the channel's lines after a crash and a restart.
    static func check(_ lines: [String], after fault: String) {
        var once: [String] = []
        expectEqual(lines.first?.hasPrefix("alice: "), true, "\(lines)")
        for (_, text) in IRCPeer.attributed(lines, to: ["alice"]) {
            if text.hasPrefix(self.repeatMark) {
                let text = String(text.dropFirst(self.repeatMark.count))
                if !once.contains(text) { once.append(text) }
            } else {
                #expect(!once.contains(text), "\(fault), twice without the mark: \(lines)")
                once.append(text)
            }
        }
        if let note = once.last, note.hasPrefix("Interrupted") {
            // What was said of an unfinished paragraph is posted as well.
            let said = once.dropLast()
            #expect(said.count <= self.paragraphs.count, "\(fault): \(lines)")
            for (index, (line, paragraph)) in zip(said, self.paragraphs).enumerated() {
                let isLast = index == said.count - 1
                #expect(isLast ? paragraph.hasPrefix(line) : paragraph == line, "\(fault): \(lines)")
            }
        } else {
            expectEqual(once, self.paragraphs, "\(fault): \(lines)")
        }
    }

    @Test("A command is answered once, wherever the program dies", arguments: ["event-stored", "command-answered"])
    func command(fault: String) async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let model = try await LoopbackModelServer.started(behaviors: ["test": .answer("The next answer.")])
        let (host, alice) = try await Self.asked(on: server, model, "!repo", fault: fault)
        try await host.waitForEnd()
        try await host.start()
        try await alice.waitForJoin(of: "jetbot")
        let lines = try await self.linesBeforeNextAnswer(alice, model)
        expectEqual(
            lines,
            [
                "alice: Repositories: \u{11}notes\u{11}. The first is the default. \u{11}!repo branches\u{11} and "
                    + "\u{11}!repo files\u{11} list what this thread's repository has, \u{11}!repo github\u{11} what "
                    + "the account sees on GitHub."
            ])
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }

    @Test("TERM in the middle of an endless answer: after the drain time the channel reads that it was interrupted")
    func stopped() async throws {
        let server = try await NgIRCd(hasPenalty: false)
        let begun = Self.paragraphs[0]
        let model = try await LoopbackModelServer.started(behaviors: ["test": .stall(after: begun + "\n\nSec")])
        let (host, alice) = try await Self.asked(on: server, model)
        try await alice.listen(to: "jetbot", in: Self.channel) { !$0.isEmpty }
        await expectEqual(host.terminate(), .exited(0))
        let lines = try await alice.listen(to: "jetbot", in: Self.channel) { $0.contains(where: Self.isEnd) }
        let texts = IRCPeer.attributed(lines, to: ["alice"]).map(\.text)
        #expect(texts.dropLast() == [begun, "Sec"] && texts.last?.hasPrefix("Interrupted") == true, "\(texts)")
        await server.stop()
        await model.stop()
    }

    @Test("The server dies in the middle of an answer and comes back: everything arrives, possible repeats are marked")
    func serverDies() async throws {
        let paragraphs = (1...8).map { "Paragraph number \($0) of the answer." }
        let server = try await NgIRCd(hasPenalty: false)
        let model = try await LoopbackModelServer.started(
            behaviors: ["test": .answer(paragraphs.joined(separator: "\n\n"), rate: 12)])
        let (host, alice) = try await Self.asked(on: server, model)
        let before = try await alice.listen(to: "jetbot", in: Self.channel) { $0.count == 3 }
        await server.kill()
        try await server.start()

        let again = try await IRCPeer.connect(to: server, nick: "alice")
        try await again.join(Self.channel)
        let after = try await again.listen(to: "jetbot", in: Self.channel, within: .seconds(30)) {
            $0.contains { $0.hasSuffix(paragraphs[7]) }
        }
        var once: [String] = []
        for (_, text) in IRCPeer.attributed(before + after, to: ["alice"]) {
            let plain = text.hasPrefix(Self.repeatMark) ? String(text.dropFirst(Self.repeatMark.count)) : text
            if once.contains(plain) { #expect(plain != text, "\(text)") } else { once.append(plain) }
        }
        expectEqual(once, paragraphs)
        await expectEqual(host.terminate(), .exited(0))
        await server.stop()
        await model.stop()
    }
}
