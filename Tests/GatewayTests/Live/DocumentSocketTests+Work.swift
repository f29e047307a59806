import Chat
import Database
import JSON
import Sessions
import Store
import TestSupport
import Testing
import Threads
import WebSockets

@testable import Documents
@testable import Gateway

extension DocumentSocketTests {
    /// Deleted blocks of one unit: each after the one before, or all at the beginning of the text.
    private static func blocks(_ count: Int, of client: UInt64, isChain: Bool) -> WebSocketMessage {
        var writer = UpdateWriter()
        for number in [1, count, Int(client), 0] { writer.number(number) }
        for clock in 0..<count {
            writer.byte(isChain && clock > 0 ? 0x81 : 1)
            if isChain, clock > 0 {
                writer.number(client)
                writer.number(clock - 1)
            } else {
                writer.number(1)
                writer.string(TextUpdate.root)
            }
            writer.number(1)
        }
        writer.number(0)
        return .binary(DocumentFrame.sync(2, writer.bytes))
    }

    @Test("an edit that takes too much work ends its connection, changes nothing, and uses up that person's second")
    func work() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let eve = try await scene.harness.signedIn(.member, name: "Eve")
            let (own, foreign) = (try await ada.newThread(), try await eve.newThread())
            let first = try await scene.editor("first", as: ada, in: own)
            _ = try await first.begin()
            let attacker = try await scene.editor("attacker", as: eve, in: foreign)
            let other = try await scene.editor("other", as: eve, in: foreign, path: "docs/Other.md")
            try await attacker.socket.send(Self.blocks(6_000, of: 100, isChain: true))
            _ = try await attacker.text("stored")
            try await attacker.socket.send(Self.blocks(50, of: 200, isChain: false))
            let error = try await attacker.text("error")
            #expect(error["code"] == "too-large")
            #expect(error["message"]?.stringValue?.contains("10,000 steps") == true, "\(error)")
            while try await attacker.socket.next() != nil {}
            #expect(attacker.socket.closure?.reason == "too-large")

            // Her other documents share that second, other people don't.
            try await other.send("x", as: 300, at: 0)
            #expect(try await other.text("error")["message"]?.stringValue?.contains("in a second") == true)
            try await first.edit("one", to: "1")
            while try await first.text("stored")["updates"] != 2 {}
            let reader = try await scene.editor("reader", as: ada, in: own)
            _ = try await reader.begin()
            #expect(try await reader.now() == Self.lines.replacing("one", with: "1"))
        }
    }

    @Test("messages as text count for a person's share, and so do looks into the history, which close nothing")
    func questions() async throws {
        try await Self.run { scene in
            let eve = try await scene.harness.signedIn(.member, name: "Eve")
            let editor = try await scene.editor("attacker", as: eve, in: try await eve.newThread())
            _ = try await editor.begin()
            for _ in 0..<10 { try await editor.socket.send(#"{"type":"history"}"#) }
            let refusal = try await editor.text("error")
            #expect(refusal["code"] == "history" && refusal["message"]?.stringValue?.contains("in a second") == true)
            let long = #"{"type":"save","message":""# + String(repeating: "m", count: 1_000_000) + #""}"#
            for _ in 0..<5 { try? await editor.socket.send(long) }
            while try await editor.text("error")["message"]?.stringValue?.contains("over 4 MB") != true {}
            while try await editor.socket.next() != nil {}
            #expect(editor.socket.closure?.reason == "too-large")
        }
    }

    private static let sender = Sender(id: "web:ada", identities: [Identity("web:ada")], displayName: "Ada")

    /// Documents that an earlier run has not committed.
    private static func leave(_ numbers: ClosedRange<Int>, in scene: Scene, thread: String) async throws {
        let head = try scene.git.shell("git rev-parse main")
        try await scene.harness.bridge.store.write { ledger in
            var text = SharedText()
            _ = text.replace(with: "b\n", as: 1)
            for number in numbers {
                _ = try ledger.begin(
                    DocumentRecord(
                        place: DocumentPlace(repository: "notes", branch: "main", path: "docs/\(number).md"),
                        epoch: "e_\(number)", snapshot: text.encode(), base: head,
                        editors: [DocumentEditor(sender: Self.sender, session: thread)],
                        editedAt: GatewayHarness.start))
            }
        }
    }

    @Test("of many documents that an earlier run has not committed, twenty are opened at once")
    func earlier() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let thread = try await ada.newThread()
            try scene.git.shell("for n in $(seq 25); do echo a > docs/$n.md; done; git add . && git commit -qm more")
            try await Self.leave(1...25, in: scene, thread: thread)
            let run = Task { await scene.documents.run() }
            try await eventually("twenty are open") { await scene.documents.open.count >= 20 }
            try await Task.sleep(for: .milliseconds(50))
            await expectEqual(scene.documents.open.count, 20)
            await scene.documents.stop()
            await run.value
        }
    }

    @Test("documents that somebody has open, and one that cannot be read, hold up none of an earlier run")
    func earlierBesideOthers() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let thread = try await ada.newThread()
            var connections: [DocumentConnection] = []
            for number in 101...120 {
                connections.append(
                    try await scene.documents.join(
                        "docs/\(number).md", of: DocumentThread(repository: "notes", feature: nil), as: Self.sender,
                        in: thread, canEdit: true, isOwner: true, epoch: nil))
            }
            try await Self.leave(1...3, in: scene, thread: thread)
            try await scene.harness.bridge.store.write { ledger in
                try ledger.connection.execute(
                    "UPDATE documents SET editors = 'x', edited_at = edited_at + 1 WHERE path = 'docs/2.md'", [])
            }
            let run = Task { await scene.documents.run() }
            try await eventually("the two that can be read are open") { await scene.documents.open.count == 22 }
            for connection in connections { await connection.leave() }
            await scene.documents.stop()
            await run.value
        }
    }
}
