import Chat
import Files
import Glibc
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Files for the next message", .timeLimit(.minutes(1)))
struct UploadTests {
    private func path(_ name: String, _ thread: String) -> String { "/api/v1/threads/\(thread)/files?name=\(name)" }

    private func text(_ caller: Caller, _ operation: String) async throws -> String {
        let thread = try await caller.ended(operation)["thread_id"]?.stringValue ?? ""
        return try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)["items"]?.arrayValue?
            .last?["text"]?.stringValue ?? ""
    }

    @Test("files go with the sender's next message, in the order of their arrival, once")
    func next() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            try await expectEqual(
                caller.upload("one\n", self.path("b.txt", thread)).expect(201),
                ["name": "b.txt", "size": 4, "type": "text/plain"])
            _ = try await caller.upload("draft\n", self.path("a%20b.txt", thread)).expect(201)
            // Another owner's message does not take them.
            let other = try await harness.signedIn()
            try await expectEqual(self.text(other, try await other.write("mine", to: thread)), "You said: mine")
            // Replaced by name.
            _ = try await caller.upload("two\n", self.path("a%20b.txt", thread)).expect(201)
            let said = try await self.text(caller, try await caller.write("look", to: thread, key: "k"))
            #expect(
                said.hasPrefix(
                    "You said: look\n\nFiles:\n- `b.txt` (text/plain, 4 B)\n- `a b.txt` (text/plain, 4 B)\n\n"))
            #expect(said.contains("\none\n") && said.contains("\ntwo\n") && !said.contains("draft"))
            _ = try await caller.upload("three\n", self.path("c.txt", thread)).expect(201)
            // A repeated request takes no later file.
            _ = try await caller.write("look", to: thread, key: "k")
            #expect(try await self.text(caller, try await caller.write("again", to: thread)).contains("c.txt"))
            try await expectEqual(self.text(caller, try await caller.write("more", to: thread)), "You said: more")
        }
    }

    @Test("a message names its files, and their content can be fetched by whoever may read the message")
    func content() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]
            _ = try await caller.send(
                .post, self.path("a.png", thread), body: picture,
                headers: caller.with("Content-Type", "application/octet-stream").headers
            ).expect(201)
            _ = try await caller.upload("<html>", self.path("b.html", thread)).expect(201)
            _ = try await caller.ended(try await caller.write("look 📎", to: thread))
            let messages = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let question = try #require(messages["items"]?[0])
            let base = "/api/v1/threads/\(thread)/messages/\(question["id"]?.stringValue ?? "")/files/"
            expectEqual(
                question["files"],
                [
                    ["name": "a.png", "type": "image/png", "size": 9, "url": .string(base + "1")],
                    ["name": "b.html", "type": "text/html", "size": 6, "url": .string(base + "2")],
                ])
            expectEqual(question["written"], .integer(Int64("look 📎".utf16.count)))
            expectEqual(messages["items"]?[1]?["files"], [])
            let image = try await caller.send(.get, base + "1")
            expectEqual(image.body, picture)
            expectEqual(image.headers["content-type"], "image/png")
            let page = try await caller.send(.get, base + "2")
            expectEqual(page.text, "<html>")
            expectEqual(page.headers["content-type"], "application/octet-stream")
            expectEqual(page.headers["content-disposition"], "attachment")
            _ = try await caller.send(.get, base + "3").expect(404)
            _ = try await harness.signedIn(.guest).send(.get, base + "1").expect(404)
            _ = try await harness.anybody.send(.get, base + "1").expect(401)
        }
    }

    @Test("a command that is answered at once leaves the files for the next message")
    func command() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            _ = try await caller.upload("one\n", self.path("a.txt", thread)).expect(201)
            _ = try await caller.ended(try await caller.write("/whoami", to: thread))
            #expect(try await self.text(caller, try await caller.write("look", to: thread)).contains("a.txt"))
        }
    }

    @Test("what cannot be stored is refused with a problem that says why, and leaves nothing behind")
    func refusals() async throws {
        try await GatewayHarness.run { harness in
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let validator = SchemaValidator(
                document: try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200))
            let long = String(repeating: "a", count: (1 << 20) + 1)
            let stranger = try await harness.signedIn(.guest)
            let reader = try await harness.token(.read)
            let refused: [(Caller, String, String, Int)] = [
                (guest, long, self.path("a.txt", thread), 413),
                (guest, "x", "/api/v1/threads/\(thread)/files", 400),
                (guest, "x", "/api/v1/threads/\(thread)/files?nam=a.txt", 400),
                (guest, "x", self.path("", thread), 422),
                (guest, "x", self.path("..%2Fpasswd", thread), 422), (guest, "x", self.path("..", thread), 422),
                (guest, "x", self.path("a%00b", thread), 422), (guest, "x", self.path("a%5Cb", thread), 422),
                (guest, "x", self.path(String(repeating: "n", count: 256), thread), 422),
                (guest, "x", self.path("a.txt", "t_none"), 404), (stranger, "x", self.path("a.txt", thread), 404),
                (reader, "x", self.path("a.txt", thread), 403), (harness.anybody, "x", self.path("a.txt", thread), 401),
            ]
            for (caller, body, path, status) in refused {
                let answer = try await caller.upload(body, path)
                expectEqual(answer.status, status, "\(path.suffix(60)): \(answer.text)")
                expectEqual(answer.headers["content-type"], "application/problem+json")
                expectEqual(
                    validator.mistakes(
                        in: answer.json, method: "post", path: "/api/v1/threads/{id}/files", status: status), [])
            }
            try await expectEqual(self.text(guest, try await guest.write("hello", to: thread)), "You said: hello")
        }
    }

    @Test("a body without a length is cut off at the limit")
    func chunked() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            var headers = caller.headers
            headers["Transfer-Encoding"] = "chunked"
            let piece = "40000\r\n" + String(repeating: "a", count: 0x40000) + "\r\n"
            let body = Array((String(repeating: piece, count: 5) + "0\r\n\r\n").utf8)
            let answer = try await caller.send(.post, self.path("a.txt", thread), body: body, headers: headers)
            #expect(answer.status == 413 && answer.text.contains("larger than 1 MiB"), "\(answer.text)")
        }
    }

    @Test("a thread of another network takes files only there")
    func elsewhere() async throws {
        try await GatewayHarness.run { harness in
            try await harness.network.say("hello")
            let caller = try await harness.signedIn()
            let thread = try await caller.send(.get, "/api/v1/threads?adapter=irc:local").expect(200)["items"]?[0]?[
                "id"]
            let answer = try await caller.upload("x", self.path("a.txt", thread?.stringValue ?? ""))
            #expect(answer.status == 403 && answer.text.contains("Write there"))
        }
    }

    @Test("only so many files wait, and what waits for a day expires")
    func count() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            for number in 1...Uploads.count {
                _ = try await caller.upload("x", self.path("\(number).txt", thread)).expect(201)
            }
            let refused = try await caller.upload("x", self.path("more.txt", thread))
            #expect(refused.status == 409 && refused.text.contains("already wait"))
            _ = try await caller.upload("y", self.path("1.txt", thread)).expect(201)
            let uploads = Uploads(directory: harness.directory.path + "/files")
            let now = Int64(time(nil)) * 1_000
            try await uploads.expire(at: now + 23 * 3_600_000)
            try await expectEqual(caller.upload("x", self.path("more.txt", thread)).status, 409)
            try await uploads.expire(at: now + 25 * 3_600_000)
            try await expectEqual(self.text(caller, try await caller.write("hello", to: thread)), "You said: hello")
        }
    }
}

extension Caller {
    func upload(_ text: String, _ path: String) async throws -> Answer {
        try await self.send(.post, path, body: Array(text.utf8), headers: self.headers)
    }
}
