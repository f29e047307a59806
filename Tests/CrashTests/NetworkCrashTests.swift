import Processes
import TestSupport
import Testing

/// Kills the real program at fault points of a message and restarts it, while a person on Matrix, Slack or Telegram
/// watches.
@Suite("A crash at any fault point, seen from Matrix, Slack and Telegram", .serialized, .timeLimit(.minutes(4)))
struct NetworkCrashTests {
    static let paragraphs = ["First paragraph.", "Second paragraph, a bit longer.", "The end."]
    private static let repeatMark = "(may be a repeat) "

    /// The fault points at which the networks differ: in what the platform repeats and what it can be asked.
    private static let faults = ["event-received", "first-text", "turn-closing", "send-done"]

    /// The others that a short answer passes: what is encrypted is stored once more, beside the message.
    private static let encryptedFaults = [
        "event-stored", "turn-queued", "turn-started", "turn-closed", "send-marked", "send-recorded",
    ]

    @Test("the same in an encrypted room, at the other points", arguments: Self.encryptedFaults)
    func encrypted(fault: String) async throws { try await self.crash(network: .matrixEncrypted, fault: fault) }

    @Test("one complete answer or one note, nothing twice", arguments: CrashNetwork.allCases, Self.faults)
    func crash(network: CrashNetwork, fault: String) async throws {
        let model = try await LoopbackModelServer.started(
            behaviors: ["test": .answer(Self.paragraphs.joined(separator: "\n\n"), rate: 60)])
        let room = try await network.open()
        let host = try await HostProcess(configuration: HostConfiguration.web(model) + "\n" + room.configuration)
        try await host.start(fault: fault, environment: room.environment)
        try await room.waitForBot()
        try await room.ask("What is it?")
        try await host.waitForEnd()

        try await host.start(environment: room.environment)
        let isWhole: ([String]) -> Bool = { texts in
            texts.contains { $0.contains(Self.paragraphs[2]) || $0.contains("Interrupted") }
        }
        try await room.wait(for: "answer after \(fault)", until: isWhole)
        // Messages go out in order, so everything still due comes before the next answer.
        model.set(.answer("The next answer."), for: "test")
        try await room.ask("And now?")
        let texts = try await room.wait(for: "next answer after \(fault)") { $0.last == "The next answer." }
        Self.check(texts.dropLast(), after: fault, isExact: room.isExact)
        await expectEqual(host.terminate(), .exited(0))
        await room.close()
        await model.stop()
    }

    static func check(_ texts: [String], after fault: String, isExact: Bool) {
        var plain: [String] = []
        for text in texts {
            let isMarked = text.hasPrefix(Self.repeatMark)
            #expect(!isMarked || !isExact, "\(fault), a repeat: \(texts)")
            // The complete answer also replaces a part of it that may be there.
            if isMarked { plain.removeAll { text.contains($0) } }
            plain.append(isMarked ? String(text.dropFirst(Self.repeatMark.count)) : text)
        }
        let whole = Self.paragraphs.joined(separator: "\n\n")
        if let note = plain.last, note.contains("Interrupted") {
            let before = plain.dropLast().joined(separator: "\n\n")
            #expect(whole.hasPrefix(before), "\(fault): \(texts)")
        } else {
            expectEqual(plain.joined(separator: "\n\n"), whole, "\(fault): \(texts)")
        }
    }
}
