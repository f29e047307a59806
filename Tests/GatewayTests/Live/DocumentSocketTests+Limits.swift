import Chat
import HTTP
import JSON
import Sessions
import Store
import TestSupport
import Testing
import Threads
import WebSockets

@testable import Documents
@testable import Gateway

extension DocumentSocketTests.Editor {
    /// Sends text under a client id, after the last one of it.
    func send(_ text: String, as client: UInt64, at clock: Int) async throws {
        var writer = UpdateWriter()
        for number in [1, 1, Int(client), clock] { writer.number(number) }
        writer.byte(clock > 0 ? 0x84 : 4)
        if clock > 0 {
            writer.number(client)
            writer.number(clock - 1)
        } else {
            writer.number(1)
            writer.string(TextUpdate.root)
        }
        writer.string(text)
        writer.number(0)
        try await self.socket.send(.binary(DocumentFrame.sync(2, writer.bytes)))
    }

    func write(_ text: String, as client: UInt64, at clock: Int) async throws {
        try await self.send(text, as: client, at: clock)
        _ = try await self.text("stored")
    }
}

/// What one person can take from the others, and what there is against it.
extension DocumentSocketTests {
    private static func address(_ path: String, in thread: String) -> String {
        "/api/v1/threads/\(thread)/documents/\(path)/live"
    }

    /// 426 for a document that opens: the request is no WebSocket's.
    private static func status(_ caller: Caller, _ path: String, in thread: String) async throws -> Int {
        try await caller.send(.get, Self.address(path, in: thread)).status
    }

    @Test("nobody writes or is seen under another person's client id, also when the document was closed in between")
    func clientIDs() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let eve = try await scene.harness.signedIn(.member, name: "Eve")
            let (own, foreign) = (try await ada.newThread(), try await eve.newThread())
            let first = try await scene.editor("first", as: ada, in: own)
            try await first.write("hello", as: 1001, at: 0)
            let second = try await scene.editor("second", as: eve, in: foreign)
            try await second.send(" forged", as: 1001, at: 5)
            try await expectEqual(second.text("error")["code"], "foreign-client")
            try await first.write(" world", as: 1001, at: 5)
            // Ada is back before her old connection has ended: what is sent again is acknowledged, and she goes on.
            let again = try await scene.editor("again", as: ada, in: own)
            try await again.write(" world", as: 1001, at: 5)
            try await again.write("!", as: 1001, at: 11)
            let reader = try await scene.editor("reader", as: eve, in: foreign)
            _ = try await reader.begin()
            try await expectEqual(reader.now(), Self.lines + "hello world!")

            let third = try await scene.editor("third", as: eve, in: foreign)
            for client in [1001, 7] as [UInt64] {
                let state = DocumentFrame.Presence(client: client, clock: 1, state: "{}")
                try await third.socket.send(.binary(DocumentFrame.awareness(state)))
            }
            let seen = DocumentFrame.Presence(client: 7, clock: 1, state: #"{"user":{"name":"Eve"}}"#)
            var frame = try await first.binary()
            // Ada's other edit comes before.
            if frame.first == 0 { frame = try await first.binary() }
            expectEqual(frame, DocumentFrame.awareness(seen))

            try await first.save()
            _ = try await first.text("saved")
            for editor in [first, again, reader, third] { await editor.socket.close() }
            repeat { await scene.documents.tick() } while await !scene.documents.open.isEmpty
            for (client, clock) in [(1001, 12), (1, Self.lines.utf16.count)] as [(UInt64, Int)] {
                let back = try await scene.editor("back", as: eve, in: foreign)
                try await back.send("?", as: client, at: clock)
                try await expectEqual(back.text("error")["code"], "foreign-client", "\(client)")
            }
            let home = try await scene.editor("home", as: ada, in: own)
            try await home.write("?", as: 1001, at: 12)
        }
    }

    @Test("one person gets a share of the documents and places, owners have room left, and looking stores nothing")
    func shares() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let bob = try await scene.harness.signedIn(.member, name: "Bob")
            let owner = try await scene.harness.signedIn(.owner, name: "Olga")
            let (own, other) = (try await ada.newThread(), try await bob.newThread())
            var editors: [Editor] = []
            for number in 0..<20 {
                editors.append(try await scene.editor("e\(number)", as: ada, in: own, path: "docs/n\(number).md"))
            }
            try await expectEqual(Self.status(ada, "docs/n20.md", in: own), 503)
            try await expectEqual(Self.status(bob, "docs/n20.md", in: other), 426)
            try await expectEqual(Self.status(owner, "docs/n21.md", in: own), 426)
            for number in 1..<5 {
                editors.append(try await scene.editor("f\(number)", as: ada, in: own, path: "docs/n0.md"))
            }
            try await expectEqual(Self.status(ada, "docs/n0.md", in: own), 503)
            try await expectEqual(Self.status(bob, "docs/n0.md", in: other), 426)
            await editors[19].socket.close()
            while try await editors[19].socket.next() != nil {}
            repeat { await scene.documents.tick() } while await scene.documents.open.count > 19
            try await expectEqual(Self.status(ada, "docs/n20.md", in: own), 426)

            let place = DocumentPlace(repository: "notes", branch: "main", path: "docs/n0.md")
            let store = scene.harness.bridge.store
            let before = try await store.read { try $0.document(at: place) }
            try await editors[0].write("text", as: 1001, at: 0)
            let after = try await store.read { try $0.document(at: place) }
            #expect(before == nil && after?.last == 1)
            expectEqual(after?.clients.keys.sorted(), [1001])
            // As another host would, which has the document open as well.
            let record = try #require(after)
            let isBegun = try await store.write { try $0.begin(record) }
            #expect(!isBegun)

            let reader = try await scene.harness.token(.read)
            try await expectEqual(Self.status(reader, "docs/none.md", in: own), 404)
            try await expectEqual(Self.status(reader, "docs/n0.md", in: own), 426)
            try await expectEqual(Self.status(reader, Self.path, in: own), 426)
        }
    }

    @Test("what was typed offline fits into a document that nobody has edited, and not into a later commit's")
    func unedited() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let thread = try await ada.newThread()
            let first = try await scene.editor("ada", as: ada, in: thread)
            let hello = try await first.begin()
            await first.socket.close()
            _ = try await scene.yjs.person("ada", edit: (0, 3, "offline"))
            repeat { await scene.documents.tick() } while await !scene.documents.open.isEmpty
            let back = try await scene.editor("ada", as: ada, in: thread, epoch: hello["epoch"]?.stringValue)
            try await expectEqual(back.begin()["epoch"], hello["epoch"])
            try await back.save()
            _ = try await back.text("saved")
            let text = try scene.git.shell("git show main:\(Self.path)") + "\n"
            expectEqual(text, Self.lines.replacing("one", with: "offline"))
            await back.socket.close()
            repeat { await scene.documents.tick() } while await !scene.documents.open.isEmpty
            let place = DocumentPlace(repository: "notes", branch: "main", path: Self.path)
            try await scene.harness.bridge.store.write { try $0.removeDocument(at: place) }
            let late = try await scene.editor("ada", as: ada, in: thread, epoch: hello["epoch"]?.stringValue)
            try await expectEqual(late.text("error")["code"], "epoch")
        }
    }

    @Test("paths that differ only in their Unicode form are two documents, and a symbolic link is not a document")
    func paths() async throws {
        try await Self.run { scene in
            let (composed, decomposed) = ("docs/\u{E9}.md", "docs/e\u{301}.md")
            try scene.git.shell(
                """
                echo composed > '\(composed)' && echo decomposed > '\(decomposed)' && ln -s Guide.md docs/link.md &&
                git add . && git commit -qm names
                """)
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let thread = try await ada.newThread()
            let first = try await scene.editor("first", as: ada, in: thread, path: "docs/%C3%A9.md")
            _ = try await first.begin()
            let second = try await scene.editor("second", as: ada, in: thread, path: "docs/e%CC%81.md")
            _ = try await second.begin()
            try await expectEqual(first.now(), "composed\n")
            try await expectEqual(second.now(), "decomposed\n")
            try await second.edit("decomposed", to: "edited")
            try await second.save()
            _ = try await second.text("saved")
            try expectEqual(scene.git.shell("git show 'main:\(composed)'"), "composed")
            try expectEqual(scene.git.shell("git show 'main:\(decomposed)'"), "edited")
            try await expectEqual(Self.status(ada, "docs/link.md", in: thread), 409)
        }
    }

    @Test("a document of a host that can't be reached, or asked for as if by another host, is a matter of time")
    func hop() async throws {
        let peers = GatewayPeers(name: "b") { _ in try HTTPURL("http://127.0.0.1:9") }
        try await Self.run(peers: peers) { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let thread = try await ada.newThread()
            let found = try await scene.harness.bridge.store.read { try $0.session(id: thread) }
            let session = try #require(found)
            await scene.harness.bridge.drop([Place(of: session.key)])
            for headers in [[:], ["X-Jetbridge-Hop": "a"]] {
                let answer = try await ada.send(.get, Self.address(Self.path, in: thread), headers: headers)
                #expect(answer.status == 503 && answer.headers["retry-after"] == "1", "\(headers)")
            }
            #expect(await scene.documents.open.isEmpty)
        }
    }

    @Test("a connection has 4 MB for what its client has not taken, and for what comes in ten seconds")
    func bytes() async {
        let sender = Sender(id: "web:ada", identities: [], displayName: "Ada")
        let port = DocumentPort(
            id: 1, editor: DocumentEditor(sender: sender, session: "s"), canEdit: true, knowsEpoch: false,
            budget: EditBudget(at: 0))
        let megabyte = [UInt8](repeating: 0, count: 1 << 20)
        for _ in 0..<3 { port.send(.binary(megabyte)) }
        port.sent(megabyte.count)
        for _ in 0..<7 { port.send(.binary(megabyte)) }
        port.close("the end")
        var count = 0
        for await _ in port.frames { count += 1 }
        expectEqual(count, 6)
        let budget = port.budget
        #expect(budget.maySend(4 << 20, at: 0) && !budget.maySend(1, at: 0) && budget.maySend(4 << 20, at: 10_000))
    }

    @Test(
        "a person's connections have 8 MB together for what is not taken, and one beyond that ends without sending it")
    func waiting() async {
        let sender = Sender(id: "web:ada", identities: [], displayName: "Ada")
        let budget = EditBudget(at: 0)
        func port(_ id: Int) -> DocumentPort {
            DocumentPort(
                id: id, editor: DocumentEditor(sender: sender, session: "s"), canEdit: true, knowsEpoch: false,
                budget: budget)
        }
        let megabyte = DocumentPort.Frame.binary([UInt8](repeating: 0, count: 1 << 20))
        do {
            let ports = (1...4).map(port)
            for port in ports { for _ in 0..<3 { port.send(megabyte) } }
            let mayDrain = await ports[3].waitForEnd()
            #expect(!mayDrain && !budget.mayWait(1))
            ports[0].sent(2 << 20)
            #expect(ports[1].reserve(megabyte))
        }
        // What waited at connections that are gone counts no more.
        let last = port(5)
        last.close("the end")
        let mayDrain = await last.waitForEnd()
        #expect(mayDrain && budget.mayWait(8 << 20) && !budget.mayWait(1))
    }
}
