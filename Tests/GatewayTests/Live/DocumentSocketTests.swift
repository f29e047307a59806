import Chat
import HTTP
import JSON
import Logging
import Primitives
import Repositories
import Sessions
import Store
import TestSupport
import Testing
import Threads
import WebSockets

@testable import Documents
@testable import Gateway
@testable import Posts

/// Documents are edited by Yjs in Node over the gateway's WebSocket, and by others in Git.
@Suite("Documents that are edited live", .serialized, .timeLimit(.minutes(1)))
struct DocumentSocketTests {
    static let path = "docs/Guide.md"
    static let lines = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"

    struct Scene {
        let harness: GatewayHarness
        let git: RealGit
        let yjs: YjsProgram
        let documents: OpenDocuments
        let client = WebSocketClient()

        func editor(
            _ name: String, as caller: Caller, in thread: String, path: String = DocumentSocketTests.path,
            epoch: String? = nil
        ) async throws -> Editor {
            let address = try #require(self.harness.gateway.boundAddress)
            let query = epoch.map { "?epoch=\($0)" } ?? ""
            let url = try HTTPURL("ws://\(address)/api/v1/threads/\(thread)/documents/\(path)/live\(query)")
            return Editor(
                name: name, yjs: self.yjs, socket: try await self.client.connect(url, headers: caller.headers))
        }
    }

    /// Somebody's editor: a Yjs document in Node, and its connection.
    struct Editor {
        let name: String
        let yjs: YjsProgram
        let socket: WebSocket

        /// Synchronises and returns what `hello` said.
        func begin() async throws -> JSON {
            let hello = try await self.text("hello")
            for frame in try await self.yjs.person(self.name, begin: true).send {
                try await self.socket.send(.binary(frame))
            }
            // The answer, and the question for what this editor has.
            for _ in 0..<2 { try await self.take(try await self.binary()) }
            return hello
        }

        func take(_ frame: [UInt8]) async throws {
            for answer in try await self.yjs.person(self.name, take: [frame]).send {
                try await self.socket.send(.binary(answer))
            }
        }

        func binary() async throws -> [UInt8] {
            while let message = try await self.socket.next() {
                if case .binary(let bytes) = message { return bytes }
            }
            throw YjsProgram.Failure(description: "\(self.name): the connection ended")
        }

        /// The next message of a type; edits before it are taken.
        func text(_ type: String) async throws -> JSON {
            while let message = try await self.socket.next() {
                switch message {
                case .binary(let bytes): try await self.take(bytes)
                case .text(let text):
                    let json = try JSON.parse(text)
                    if json["type"]?.stringValue == type { return json }
                }
            }
            throw YjsProgram.Failure(description: "\(self.name): the connection ended before \(type)")
        }

        /// Takes edits until the text is this one.
        func wait(for text: String) async throws {
            while try await self.now() != text { try await self.take(try await self.binary()) }
        }

        func now() async throws -> String { try await self.yjs.person(self.name).text }

        func edit(_ at: Int, _ count: Int, _ text: String) async throws {
            for frame in try await self.yjs.person(self.name, edit: (at, count, text)).send {
                try await self.socket.send(.binary(frame))
            }
        }

        func edit(_ word: String, to other: String) async throws {
            let text = try await self.now()
            let place = try #require(text.firstRange(of: word))
            let at = text.utf16.distance(from: text.utf16.startIndex, to: place.lowerBound)
            try await self.edit(at, word.utf16.count, other)
        }

        /// The comments, asked for or as the host tells of them.
        func comments(asking: Bool = false) async throws -> [JSON] {
            if asking { try await self.socket.send(#"{"type":"comments"}"#) }
            return try await self.text("comments")["items"]?.arrayValue ?? []
        }

        /// What Yjs finds at a comment's anchor.
        func passage(of comment: JSON?) async throws -> String? {
            try await self.yjs.ask(["person": .string(self.name), "passage": comment?["anchor"] ?? .null])["passage"]?
                .stringValue
        }

        func save(_ more: JSONObject = [:]) async throws {
            var message = more
            message["type"] = "save"
            try await self.socket.send(JSON.object(message).text)
        }
    }

    static func run(
        _ text: String = Self.lines, peers: GatewayPeers? = nil, _ body: (Scene) async throws -> Void
    ) async throws {
        try await YjsProgram.run { yjs in
            let directory = try TemporaryDirectory()
            let path = directory.path + "/notes"
            let catalog = RepositoryCatalog(
                [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
                logger: Logger(label: "test"))
            await catalog.prepare()
            let git = RealGit(path)
            try TestFile.write(text, to: directory.path + "/text")
            try git.shell("mkdir -p docs && cp ../text docs/Guide.md && git add . && git commit -qm begin")
            let desk = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
            // The bridge's store comes with the harness, and the documents need it.
            let late = Protected<OpenDocuments?>(nil)
            let clock = Protected(GatewayHarness.start)
            try await GatewayHarness.run(
                settings: { $0.documents = desk },
                documents: { bridge in
                    let open = OpenDocuments(
                        desk: desk, store: bridge.store, logger: Logger(label: "test"),
                        now: { clock.withLock { $0 } }, link: { "http://bot.example/\($0.sha)" },
                        report: { try? await bridge.posts.post($0, in: $1) })
                    late.withLock { $0 = open }
                    return open
                }, peers: peers
            ) { harness in
                let documents = try #require(late.withLock { $0 })
                let scene = Scene(harness: harness, git: git, yjs: yjs, documents: documents)
                try await body(scene)
                await scene.client.stop()
            }
        }
    }

    @Test("two editors and a push edit at the same time, and all three are in the commit with its authors")
    func together() async throws {
        try await Self.run("\u{FEFF}" + Self.lines.replacing("\n", with: "\r\n")) { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada")
            let bob = try await scene.harness.signedIn(.owner, name: "Bob")
            let thread = try await ada.newThread()
            let first = try await scene.editor("ada", as: ada, in: thread)
            let second = try await scene.editor("bob", as: bob, in: thread)
            let hello = try await first.begin()
            try await expectEqual(second.begin()["epoch"], hello["epoch"])
            #expect(try await first.now() == Self.lines && hello["can_edit"] == true)

            try await first.edit("one", to: "ONE 😀")
            // The answer to the host's question, and the edit; both may be acknowledged at once.
            while try await first.text("stored")["updates"] != 2 {}
            try await second.edit("four", to: "FOUR")
            try scene.git.shell(#"sed -i 's/seven/SEVEN/' docs/Guide.md && git commit -qam theirs"#)
            await scene.documents.tick()
            let all = Self.lines.replacing("one", with: "ONE 😀").replacing("four", with: "FOUR")
                .replacing("seven", with: "SEVEN")
            try await first.wait(for: all)
            try await second.wait(for: all)

            try await second.save(["message": "Together"])
            let saved = try await first.text("saved")
            let sha = try scene.git.shell("git rev-parse main")
            expectEqual(saved["commit"]?["sha"]?.stringValue, sha)
            expectEqual(saved["commit"]?["url"]?.stringValue, "http://bot.example/\(sha)")
            let message = try scene.git.shell(
                "git log -1 --format='%an|%s|%(trailers:key=Co-authored-by,valueonly)' main")
            #expect(message.hasPrefix("Ada|Together|Bob <"), "\(message)")
            let text = try scene.git.shell("git show main:docs/Guide.md; echo .")
            expectEqual(text.dropLast(), "\u{FEFF}" + all.replacing("\n", with: "\r\n"))
            let messages = try await ada.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            expectEqual(
                messages["items"]?.arrayValue?.contains { $0["text"]?.stringValue?.contains("Together") == true }, true)
        }
    }

    @Test("edits made offline are merged on return, and a foreign history is refused")
    func offline() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let thread = try await ada.newThread()
            let first = try await scene.editor("ada", as: ada, in: thread)
            let epoch = try #require(try await first.begin()["epoch"]?.stringValue)
            let away = try await scene.editor("away", as: ada, in: thread)
            _ = try await away.begin()
            await away.socket.close()
            _ = try await scene.yjs.person("away", edit: (0, 3, "offline"))
            try await first.edit("seven", to: "7")
            _ = try await first.text("stored")
            _ = try await first.text("stored")
            let back = try await scene.editor("away", as: ada, in: thread, epoch: epoch)
            _ = try await back.begin()
            let both = Self.lines.replacing("one", with: "offline").replacing("seven", with: "7")
            try await back.wait(for: both)
            try await first.wait(for: both)

            let foreign = try await scene.editor("away", as: ada, in: thread, epoch: "e_other")
            let refusal = try await foreign.text("error")
            #expect(refusal["code"] == "epoch" && refusal["epoch"]?.stringValue == epoch)
            // A text without the name of its history would be doubled.
            let unnamed = try await scene.editor("away", as: ada, in: thread)
            _ = try await unnamed.text("hello")
            for frame in try await scene.yjs.person("away", begin: true).send {
                try await unnamed.socket.send(.binary(frame))
            }
            try await expectEqual(unnamed.text("error")["code"], "epoch")
        }
    }

    @Test("the same lines are a conflict: nothing is committed until it was resolved with the newer base")
    func conflict() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let editor = try await scene.editor("ada", as: ada, in: try await ada.newThread())
            _ = try await editor.begin()
            try await editor.edit("two", to: "mine")
            _ = try await editor.text("stored")
            _ = try await editor.text("stored")
            // As a force push does it: another history.
            try scene.git.shell("sed -i s/two/theirs/ docs/Guide.md && git commit -q --amend -am other")
            let head = try scene.git.shell("git rev-parse main")
            try await editor.save()
            let conflict = try await editor.text("conflict")
            expectEqual(conflict["commit"]?.stringValue, head)
            expectEqual(conflict["theirs"]?.stringValue, Self.lines.replacing("two", with: "theirs"))
            try expectEqual(scene.git.shell("git rev-parse main"), head)
            try await editor.edit("mine", to: "mine and theirs")
            try await editor.save(["base": .string(head)])
            #expect(try await editor.text("saved")["commit"]?["sha"] != nil)
            #expect(try scene.git.shell("git show main:docs/Guide.md").contains("mine and theirs"))

            // Deleted elsewhere: the text stays, and can be kept.
            try scene.git.shell("git mv docs/Guide.md docs/Other.md && git commit -qm moved")
            await scene.documents.tick()
            let gone = try await editor.text("conflict")
            expectEqual(gone["theirs"], .null)
            try await editor.edit("one", to: "kept")
            try await editor.save(["base": gone["commit"] ?? .null])
            #expect(try await editor.text("saved")["commit"]?["sha"] != nil)
            #expect(try scene.git.shell("git show main:docs/Guide.md").hasPrefix("kept"))
        }
    }

    @Test("who may only read gets everything and changes nothing; what is no text ends the connection")
    func refused() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let thread = try await ada.newThread()
            let editor = try await scene.editor("ada", as: ada, in: thread)
            _ = try await editor.begin()
            let program = try await scene.harness.token(.read)
            let reader = try await scene.editor("reader", as: program, in: thread)
            try await expectEqual(reader.begin()["can_edit"], false)
            try await editor.edit("one", to: "uno")
            try await reader.wait(for: Self.lines.replacing("one", with: "uno"))
            try await reader.edit("two", to: "dos")
            try await expectEqual(reader.text("error")["code"], "read-only")

            for kind in ["map", "format", "v2"] {
                let hostile = try await scene.editor("hostile", as: ada, in: thread)
                _ = try await hostile.text("hello")
                let update =
                    try await scene.yjs.ask(["foreign": .string(kind), "frame": true])["update"]?.stringValue ?? ""
                try await hostile.socket.send(.binary(try #require(decode(update))))
                let code = try await hostile.text("error")["code"]?.stringValue ?? ""
                #expect(["not-text", "malformed"].contains(code), "\(kind): \(code)")
            }
            try await expectEqual(scene.editor("next", as: ada, in: thread).begin()["unsaved"], true)
        }
    }

    @Test("a comment stays with its passage, is a message of the thread, and is answered and resolved from both sides")
    func comments() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.member, name: "Ada *A*")
            let bob = try await scene.harness.signedIn(.owner, name: "Bob")
            let thread = try await ada.newThread()
            let address = "/api/v1/threads/\(thread)/documents/\(Self.path)/comments"
            let editor = try await scene.editor("ada", as: ada, in: thread)
            let hello = try await editor.begin()
            #expect(try await editor.comments(asking: true).isEmpty)
            let text = "Why?\n```\n- **Bob** resolved comment 1"
            let said: JSON = ["text": .string(text), "quote": "three\nfour"]
            let made = try await ada.send(.post, address, json: said, headers: ["Idempotency-Key": "k"]).expect(201)
            #expect(made["number"] == 1 && made["author"] == "Ada *A*" && made["text"]?.stringValue == text)
            // The same request again is the same comment.
            try await expectEqual(
                ada.send(.post, address, json: said, headers: ["Idempotency-Key": "k"]).expect(201)["number"], 1)
            var shown = try await editor.comments()
            #expect(shown.count == 1 && shown[0]["anchor"]?["epoch"] == hello["epoch"])
            try await expectEqual(editor.passage(of: shown[0]), "three\nfour")
            try await editor.edit("two", to: "two and a half")
            try await editor.edit("hree", to: "hirty-three")
            try await editor.edit("five", to: "5")
            try await expectEqual(editor.passage(of: shown[0]), "thirty-three\nfour")

            let messages = try await ada.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let lines = messages["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
            expectEqual(lines.count, 1)
            expectEqual(
                lines.first,
                """
                **Ada \\*A\\*** commented on `docs/Guide.md` (`/comment 1 TEXT` answers, \
                `/comment resolve 1` ends it):

                > three\("  ")
                > four

                Why?\("  ")
                \\`\\`\\`\("  ")
                \\- \\*\\*Bob\\*\\* resolved comment 1
                """)

            _ = try await bob.send(.post, address, json: ["text": "Because.", "answers": 1]).expect(201)
            shown = try await editor.comments()
            #expect(shown.last?["answers"] == 1 && shown.last?["author"] == "Bob" && shown.last?["anchor"] == .null)
            _ = try await ada.ended(try await ada.write("/comment 1 I see", to: thread))
            shown = try await editor.comments()
            expectEqual(shown.map { $0["text"]?.stringValue }, [text, "Because.", "I see"])
            let listed = try await bob.send(.get, address).expect(200)["items"]?.arrayValue
            expectEqual(listed?.map { $0["number"] }, shown.map { $0["number"] })
            _ = try await ada.ended(try await ada.write("/comment resolve 1", to: thread))
            #expect(try await editor.comments().isEmpty)
            try await expectEqual(bob.send(.post, address, json: ["text": "late", "answers": 1]).status, 404)

            // From the page, with an anchor of its own.
            let anchor = shown[0]["anchor"] ?? .null
            let second: JSON = ["text": "Again", "quote": "seven", "anchor": anchor]
            try await expectEqual(ada.send(.post, address, json: second).expect(201)["number"], 4)
            try await expectEqual(editor.comments().count, 1)
            try await expectEqual(bob.send(.delete, "\(address)?number=4").status, 204)
            try await expectEqual(bob.send(.delete, "\(address)?number=4").status, 404)
            #expect(try await editor.comments().isEmpty)
            let after = try await ada.send(.get, "/api/v1/threads/\(thread)/messages?before=latest").expect(200)
            expectEqual(after["items"]?.arrayValue?.last?["text"], "**Bob** resolved comment 4 on `docs/Guide.md`.")
        }
    }

    @Test("comments have limits, only members and owners make them, and a new history finds their passages again")
    func commentLimits() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let thread = try await ada.newThread()
            let address = "/api/v1/threads/\(thread)/documents/\(Self.path)/comments"
            let good: JSON = ["text": "x", "quote": "two"]
            let guest = try await scene.harness.signedIn(.guest)
            let reader = try await scene.harness.token(.read)
            try await expectEqual(guest.send(.get, address).status, 403)
            try await expectEqual(reader.send(.post, address, json: good).status, 403)
            try await expectEqual(reader.send(.delete, "\(address)?number=1").status, 403)
            try await expectEqual(reader.send(.get, address).expect(200)["items"], [])
            let long = JSON.string(String(repeating: "x", count: DocumentComment.textLimit + 1))
            let bad: [JSON] = [
                ["text": "x"], ["text": " ", "quote": "two"], ["text": long, "quote": "two"],
                ["text": "x", "quote": long], ["text": "x", "quote": "two", "refine": true],
                ["text": "x", "quote": "two", "anchor": ["epoch": "e"]],
                [
                    "text": "x", "quote": "two",
                    "anchor": [
                        "epoch": "e", "start": ["tname": "text", "assoc": 0, "item": ["client": -1, "clock": 0]],
                    ],
                ],
            ]
            for body in bad.prefix(5) { try await expectEqual(ada.send(.post, address, json: body).status, 422) }
            // An anchor without positions is left out, and an impossible one is refused.
            try await expectEqual(ada.send(.post, address, json: bad[5]).status, 201)
            try await expectEqual(ada.send(.post, address, json: bad[6]).status, 422)
            for path in ["docs/Missing.txt", "other/a.md"] {
                let wrong = "/api/v1/threads/\(thread)/documents/\(path)/comments"
                try await expectEqual(ada.send(.post, wrong, json: good).status, 400)
            }
            let place = DocumentPlace(repository: "notes", branch: "main", path: Self.path)
            try await scene.harness.bridge.store.write { ledger in
                for number in 2...DocumentComment.limit {
                    let comment = DocumentComment(
                        place: place, session: thread, author: "Ada", text: "x",
                        quote: number == 2 ? "not there" : "six", createdAt: 1)
                    _ = try ledger.add(
                        comment, by: Sender(id: "web:ada", identities: [], displayName: "Ada"), key: "\(number)")
                }
            }
            try await expectEqual(ada.send(.post, address, json: good).status, 409)

            var editor = try await scene.editor("ada", as: ada, in: thread)
            let first = try await editor.begin()
            var shown = try await editor.comments(asking: true)
            #expect(try await editor.passage(of: shown[0]) == "two" && shown[1]["anchor"]?["start"] == .null)
            try await editor.edit("one", to: "1")
            _ = try await editor.text("stored")
            try await editor.save()
            _ = try await editor.text("saved")
            await editor.socket.close()
            while try await editor.socket.next() != nil {}
            // Until the host knows that the editor has gone, the document stays open with its history.
            repeat { await scene.documents.tick() } while await !scene.documents.open.isEmpty
            try await scene.harness.bridge.store.write { ledger in
                try ledger.removeDocument(at: place)
            }
            editor = try await scene.editor("again", as: ada, in: thread)
            let hello = try await editor.begin()
            #expect(hello["epoch"] != first["epoch"])
            shown = try await editor.comments(asking: true)
            expectEqual(shown[0]["anchor"]?["epoch"], hello["epoch"])
            #expect(try await editor.passage(of: shown[0]) == "two" && shown[1]["anchor"]?["start"] == .null)
        }
    }

    @Test("a comment that asks for its change is `refine` in a thread of another network, and is shown there")
    func refined() async throws {
        try await Self.run { scene in
            try scene.git.shell(
                """
                git switch -q -c 001-login && mkdir -p specs/001-login && echo '# Login' > specs/001-login/spec.md &&
                git add . && git commit -qm spec && git switch -q main
                """)
            try await scene.harness.network.say("hello")
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let threads = try await ada.send(.get, "/api/v1/threads").expect(200)
            let thread = try #require(threads["items"]?[0]?["id"]?.stringValue)
            let address = "/api/v1/threads/\(thread)/documents/specs/001-login/spec.md/comments"
            let body: JSON = ["text": "Say sign-in", "quote": "Login", "refine": true]
            _ = try await ada.send(.post, address, json: body).expect(201)
            let messages = try await ada.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let said = messages["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
            #expect(said.contains { $0.contains("refine Say sign-in\n\n") && $0.hasSuffix("\n\n> Login") })
        }
    }

    @Test("a client says only about itself where it is, and by the name that the host knows")
    func presence() async throws {
        try await Self.run { scene in
            let ada = try await scene.harness.signedIn(.owner, name: "Ada")
            let eve = try await scene.harness.signedIn(.member, name: "Eve")
            let thread = try await eve.newThread()
            let first = try await scene.editor("ada", as: ada, in: thread)
            _ = try await first.begin()
            let second = try await scene.editor("eve", as: eve, in: thread)
            _ = try await second.begin()
            func frame(_ states: [(client: UInt8, clock: UInt8, state: String)]) -> [UInt8] {
                let inner =
                    [UInt8(states.count)]
                    + states.flatMap { [$0.client, $0.clock, UInt8($0.state.utf8.count)] + Array($0.state.utf8) }
                return [1, UInt8(inner.count)] + inner
            }
            try await first.socket.send(.binary(frame([(7, 1, #"{"cursor":1,"user":{"name":"Root"}}"#)])))
            try await expectEqual(second.binary(), frame([(7, 1, #"{"cursor":1,"user":{"name":"Ada"}}"#)]))
            // Ada's number and name are not Eve's to use, nor anybody's that Eve hasn't begun with.
            try await second.socket.send(.binary(frame([(7, 9, "null"), (8, 1, #"{"user":{"name":"Ada"}}"#)])))
            try await expectEqual(first.binary(), frame([(8, 1, #"{"user":{"name":"Eve"}}"#)]))
            for hostile in [(7, 10, "{}"), (9, 1, "{}"), (8, 0, "{}"), (8, 2, "[]"), (8, 2, "{")]
                as [(UInt8, UInt8, String)]
            {
                try await second.socket.send(.binary(frame([hostile])))
            }
            await second.socket.close()
            try await expectEqual(first.binary(), frame([(8, 2, "null")]))
        }
    }

    private func decode(_ text: String) -> [UInt8]? {
        // Hexadecimal digits.
        stride(from: 0, to: text.utf8.count, by: 2).map { at in
            UInt8(text.dropFirst(at).prefix(2), radix: 16) ?? 0
        }
    }
}
