import JetbridgeTesting
import Processes
import Testing

/// Ends the real program at every named step of a message's way and starts it again, while somebody on Matrix, Slack or
/// Telegram looks on.
@Suite("A crash at any step, seen from Matrix, Slack and Telegram", .serialized, .timeLimit(.minutes(4)))
struct NetworkCrashTests {
    private static let paragraphs = ["First paragraph.", "Second paragraph, a bit longer.", "The end."]
    private static let repeatMark = "(may be a repeat) "

    /// Those at which the networks differ: what the platform tells again, and what it can be asked.
    private static let faults = ["event-received", "first-text", "turn-closing", "send-done"]

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
        // The room's messages go out in order, so whatever was still to come stands before the next answer.
        model.set(.answer("The next answer."), for: "test")
        try await room.ask("And now?")
        let texts = try await room.wait(for: "next answer after \(fault)") { $0.last == "The next answer." }
        Self.check(texts.dropLast(), after: fault, isExact: room.isExact)
        #expect(await host.terminate() == .exited(0))
        await room.close()
        await model.stop()
    }

    private static func check(_ texts: [String], after fault: String, isExact: Bool) {
        var plain: [String] = []
        for text in texts {
            let isMarked = text.hasPrefix(Self.repeatMark)
            #expect(!isMarked || !isExact, "\(fault), a repeat: \(texts)")
            // The whole stands for the piece of it that may be there, too.
            if isMarked { plain.removeAll { text.contains($0) } }
            plain.append(isMarked ? String(text.dropFirst(Self.repeatMark.count)) : text)
        }
        let whole = Self.paragraphs.joined(separator: "\n\n")
        if let note = plain.last, note.contains("Interrupted") {
            let before = plain.dropLast().joined(separator: "\n\n")
            #expect(whole.hasPrefix(before), "\(fault): \(texts)")
        } else {
            #expect(plain.joined(separator: "\n\n") == whole, "\(fault): \(texts)")
        }
    }
}
