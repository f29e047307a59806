import Chat
import Database
import Store
import TestSupport
import Testing

@testable import Sessions

/// The persona, repository and feature of a turn: a policy's rules name them, and the thread can change them.
@Suite("What a turn was begun with", .timeLimit(.minutes(1)))
struct TurnChoicesTests {
    private static func choose(_ name: String, in stage: AskStage) async throws {
        try await stage.bridge.store.write { ledger in
            try ledger.connection.execute(
                "UPDATE sessions SET persona = $1, repository = $1, feature = $1", [.text(name)])
        }
    }

    private static func chosen(_ stage: AskStage) -> [[String?]] {
        stage.harness.worker.requests.map { [$0.persona, $0.repository, $0.feature] }
    }

    @Test("what continues a turn has what the turn had, and the next turn what the thread has chosen since")
    func resumed() async throws {
        let stage = try await AskStage(playing: [[.event(.text("Begun. ")), .hold]])
        try await stage.say("one", as: "bob")
        await stage.wait(for: "Begun.")
        try await Self.choose("other", in: stage)
        try await stage.say("!stop", as: "bob")
        try await stage.harness.settle()
        for text in ["!resume", "two"] {
            try await stage.say(text, as: "bob")
            try await stage.harness.settle()
        }
        expectEqual(Self.chosen(stage), [[nil, nil, nil], [nil, nil, nil], ["other", "other", "other"]])
    }

    @Test("a turn that waited has what the thread had chosen when it began")
    func waited() async throws {
        let stage = try await AskStage(playing: [[.hold], [.event(.text("Begun. ")), .hold]])
        try await stage.say("one", as: "bob")
        // The thread is stored by then.
        try await eventually("the turn runs") { stage.harness.worker.requests.count == 1 }
        try await stage.say("two", as: "mia")
        try await Self.choose("first", in: stage)
        stage.harness.worker.release()
        await stage.wait(for: "Begun.")
        try await Self.choose("second", in: stage)
        try await stage.say("!stop", as: "bob")
        try await stage.harness.settle()
        try await stage.say("!resume", as: "bob")
        try await stage.harness.settle()
        expectEqual(Self.chosen(stage).dropFirst().map { $0.first ?? nil }, ["first", "first"])
    }

    @Test("a turn that begins again after a crash has what it had")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let first = try await AskStage(directory: directory, playing: [[.hold]])
        try await first.say("one", as: "bob")
        try await eventually("the turn runs") { first.harness.worker.requests.count == 1 }
        try await Self.choose("other", in: first)
        let next = try await AskStage(directory: directory, playing: [])
        try await eventually("the turn runs again") { next.harness.worker.requests.count == 1 }
        expectEqual(Self.chosen(next), [[nil, nil, nil]])
    }
}
