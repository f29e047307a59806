import Chat
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("A title that a person chooses")
struct ThreadTitleTests {
    @Test(
        "a short line of text is taken, without white space at its ends",
        arguments: [
            ("Login page", "Login page"), ("  a \n", "a"), ("日本語", "日本語"), ("👩‍💻 tools", "👩‍💻 tools"),
            ("می‌خواهم", "می‌خواهم"),
            (String(repeating: "x", count: 120), String(repeating: "x", count: 120)),
        ])
    func taken(text: String, title: String) throws {
        try expectEqual(ThreadTitle(text).text, title)
    }

    @Test(
        "anything else is refused with the reason",
        arguments: [
            ("", "empty"), (" \n\t", "empty"), (String(repeating: "x", count: 121), "121 characters"),
            ("a\nb", "U+000A"), ("a\u{1B}[31mb", "U+001B"), ("a\u{202E}b", "U+202E"), ("a\u{2028}b", "U+2028"),
            ("\u{FEFF}a", "U+FEFF"), ("a\u{0}b", "U+0000"),
        ])
    func refused(text: String, reason: String) {
        do {
            Issue.record("taken as \(try ThreadTitle(text).text)")
        } catch {
            #expect(error.message.contains(reason), "\(error.message)")
        }
    }
}

@Suite("A title that a thread gets by itself", .timeLimit(.minutes(1)))
struct AutomaticTitleTests {
    @Test(
        "it is what the thread is about: the first message that says so",
        arguments: [
            (["!whoami", "Count to 3"], "Count to 3"), (["!files", "Count to 3", "Count to 4"], "Count to 3"),
            (["!files"], "files"), (["!run echo hello", "Count to 3"], "run echo hello"),
            (["!specify fly to the moon", "Count to 3"], "fly to the moon"),
        ])
    func first(messages: [String], title: String) async throws {
        let harness = try await BridgeHarness(
            worker: ScriptedWorker(scripts: messages.map { [.event(.text("Answer to \($0)."))] }))
        for (index, message) in messages.enumerated() {
            try await harness.adapter.say(message)
            try await eventually("message \(index + 1) is answered") { harness.adapter.texts.count > index }
        }
        let sessions = try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1) }
        expectEqual(sessions.items.first?.title, title)
    }

    @Test("it is short, also where one character is as long as a message")
    func long() {
        let letter = "a" + String(repeating: "\u{200D}", count: 87_000)
        for text in [letter, "Count \(letter) to 3", String(repeating: "👩‍👩‍👧", count: 60)] {
            let count = Conversation.title(of: text).utf8.count
            #expect((1...240).contains(count), "\(count)")
        }
        expectEqual(Conversation.title(of: "日本語\nmore"), "日本語")
        expectEqual(
            Conversation.title(of: String(repeating: "x", count: 61)), String(repeating: "x", count: 59) + "…")
    }

    @Test("a command about a text is not in the title")
    func command() {
        expectEqual(TurnKind.spec.title(of: "fly to the moon"), "fly to the moon")
        expectEqual(TurnKind.refine.title(of: "shorter"), "shorter")
        expectEqual(TurnKind.review.title(of: "12"), "review 12")
    }
}
