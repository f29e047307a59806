import Chat
import HTTP
import JSON
import Metrics
import People
import Sessions
import Store
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Threads, messages and operations", .timeLimit(.minutes(1)))
struct ThreadTests {
    @Test("a message starts an operation, whose answer becomes a message")
    func conversation() async throws {
        let commit = CommitNotice(
            repository: "notes", sha: FakeViewer.sha, branch: "001-login", subject: "spec: login", files: 2,
            additions: 10,
            deletions: 3)
        let worker = StepWorker([.event(.text("It is ")), .event(.text("done.")), .event(.commit(commit))])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn(name: "Ada")
            let thread = try await caller.newThread()
            let operation = try await caller.ended(try await caller.write("do it", to: thread))
            expectEqual(operation["state"], "complete")
            expectEqual(operation["thread_id"], .string(thread))
            expectEqual(operation["error"], .null)
            expectEqual(operation["started_at"]?.stringValue, "2023-11-14T22:13:20.000Z")
            let made = try #require(operation["commits"]?[0])
            expectEqual(made["sha"], .string(FakeViewer.sha))
            expectEqual(made["url"], .string("http://bot.example/r/notes/commit/\(FakeViewer.sha)"))
            expectEqual(made["additions"], 10)
            let page = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let messages = page["items"]?.arrayValue ?? []
            expectEqual(messages.map { $0["role"]?.stringValue }, ["user", "commit", "assistant"])
            expectEqual(messages.first?["author"], "Ada")
            expectEqual(messages.last?["text"], "It is done.")
            expectEqual(page["next_cursor"], .null)
            expectEqual(page["operations"]?[0]?["id"], operation["id"])
            let listed = try await caller.send(.get, "/api/v1/threads").expect(200)["items"]?[0]
            expectEqual(listed?["title"], "do it")
            expectEqual(listed?["adapter"], "web")
            expectEqual(listed?["can_write"], true)
        }
    }

    @Test("what is noted in the middle of a turn stays in the transcript, which is all that the web chat has")
    func notes() async throws {
        let worker = StepWorker([.event(.notice("The model is busy; trying again.")), .event(.text("done"))])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            _ = try await caller.ended(try await caller.write("do it", to: thread))
            let page = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            expectEqual(
                page["items"]?.arrayValue?.map { $0["text"]?.stringValue },
                ["do it", "The model is busy; trying again.", "done"])
        }
    }

    @Test("a failed turn reports its error")
    func failure() async throws {
        try await GatewayHarness.run(worker: StepWorker([.fail("The model is away. Try later.")])) { harness in
            let caller = try await harness.signedIn()
            let operation = try await caller.ended(try await caller.write("hello", to: try await caller.newThread()))
            expectEqual(operation["state"], "failed")
            expectEqual(operation["error"], "The model is away. Try later.")
        }
    }

    @Test("a thread is deleted by whoever may see it, once nothing runs in it; to others it does not exist")
    func deletion() async throws {
        try await GatewayHarness.run(worker: StepWorker([.hold])) { harness in
            let guest = try await harness.signedIn(.guest)
            let thread = try await guest.newThread()
            let path = "/api/v1/threads/\(thread)"
            let document = try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200)
            let validator = SchemaValidator(document: document)
            for (caller, status) in [(try await harness.signedIn(.guest), 404), (try await harness.token(.read), 403)] {
                try await expectEqual(caller.send(.delete, path).status, status)
            }
            let operation = try await guest.write("hello", to: thread)
            let refused = try await guest.send(.delete, path)
            #expect(refused.status == 409 && refused.json["detail"]?.stringValue?.contains("Stop it") == true)
            expectEqual(
                validator.mistakes(in: refused.json, method: "delete", path: "/api/v1/threads/{id}", status: 409), [])
            harness.worker.release()
            _ = try await guest.ended(operation)
            // An owner may delete what others began.
            try await expectEqual(harness.signedIn().send(.delete, path).status, 204)
            for gone in [path, "\(path)/messages", "/api/v1/operations/\(operation)"] {
                try await expectEqual(guest.send(.get, gone).status, 404, "\(gone)")
            }
            try await expectEqual(guest.send(.delete, path).status, 404)
            try await expectEqual(guest.send(.get, "/api/v1/threads").expect(200)["items"]?.arrayValue?.isEmpty, true)
        }
    }

    @Test("a repeated request with the same key gets the first answer and starts nothing")
    func idempotency() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let key = ["Idempotency-Key": "one"]
            let first = try await caller.send(.post, "/api/v1/threads", json: [:], headers: key).expect(201)
            let again = try await caller.send(.post, "/api/v1/threads", json: [:], headers: key).expect(201)
            expectEqual(first, again)
            let thread = try #require(first["id"]?.stringValue)
            let path = "/api/v1/threads/\(thread)/messages"
            let sent = try await caller.send(.post, path, json: ["text": "hi"], headers: key).expect(202)
            _ = try await caller.ended(sent["operation_id"]?.stringValue ?? "")
            let repeated = try await caller.send(.post, path, json: ["text": "hi"], headers: key).expect(202)
            expectEqual(sent, repeated)
            let other = try await caller.send(.post, path, json: ["text": "hi"], headers: ["Idempotency-Key": "two"])
                .expect(202)
            #expect(other["message_id"] != sent["message_id"])
            _ = try await caller.ended(other["operation_id"]?.stringValue ?? "")
            let items = try await caller.send(.get, path).expect(200)["items"]?.arrayValue
            expectEqual(items?.count, 4)
            // The same key sent by somebody else is a different key.
            let stranger = try await harness.token(.chat)
            let foreign = try await stranger.send(.post, "/api/v1/threads", json: [:], headers: key).expect(201)
            #expect(foreign != first)
        }
    }

    @Test("a repeat that comes while the first request is being processed waits for its answer")
    func repeatedEarly() async throws {
        let worker = StepWorker([.hold])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            _ = try await caller.write("one", to: thread)
            // It waits for the end of the answer.
            async let first = caller.write("/stop", to: thread, key: "k")
            async let second = caller.write("/stop", to: thread, key: "k")
            let metrics = harness.bridge.environment.metrics
            try await eventually("the repetition is noticed") { metrics.text().contains("result=\"duplicate\"") }
            worker.release()
            let operations = try await [first, second]
            expectEqual(operations[0], operations[1])
        }
    }

    @Test("while the host stops, a message without a key is accepted with the operation that will answer it")
    func stopping() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            await harness.bridge.stop()
            let operation = try await caller.write("hello", to: thread)
            try await expectEqual(caller.send(.get, "/api/v1/operations/\(operation)").expect(200)["state"], "queued")
            let stored = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            expectEqual(stored["items"]?.arrayValue?.count, 1)
        }
    }

    @Test("a muted conversation and an aside are refused with the reason; a repeat gets the first answer")
    func muted() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let path = "/api/v1/threads/\(thread)/messages"
            let key = ["Idempotency-Key": "one"]
            let first = try await caller.send(.post, path, json: ["text": "hi"], headers: key).expect(202)
            _ = try await caller.ended(first["operation_id"]?.stringValue ?? "")
            let aside = try await caller.send(.post, path, json: ["text": "(aside) to myself"])
            #expect(aside.status == 422)
            _ = try await caller.ended(try await caller.write("/mute", to: thread))
            let problem = try await caller.send(.post, path, json: ["text": "hello"]).expect(409)
            #expect(problem["detail"]?.stringValue?.contains("/unmute") == true)
            try await expectEqual(
                caller.send(.post, path, json: ["text": "hi"], headers: key).expect(202), first)
            _ = try await caller.ended(try await caller.write("/unmute", to: thread))
            _ = try await caller.ended(try await caller.write("hello", to: thread))
        }
    }

    @Test("too many wrong codes in a thread are refused with the reason")
    func pairingPause() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            let thread = try await caller.newThread()
            let path = "/api/v1/threads/\(thread)/messages"
            let guess: JSON = ["text": "/pair AAAA-AAAA"]
            for _ in 1...5 { try await expectEqual(caller.send(.post, path, json: guess).status, 202) }
            let refused = try await caller.send(.post, path, json: guess)
            #expect(refused.status == 429 && refused.headers["retry-after"] != nil)
            for _ in 1...2 {
                let repeated = try await caller.send(
                    .post, path, json: guess, headers: ["Idempotency-Key": "k1"])
                #expect(repeated.status == 429 && repeated.headers["retry-after"] == "600")
            }
        }
    }

    @Test("a code in a thread of the web is not used up: it is for signing in")
    func codeInThread() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            let thread = try await caller.newThread()
            let code = try await AccessControl.makeCode(
                for: .member, in: harness.bridge.store, at: GatewayHarness.start
            )
            .code
            let operation = try await caller.write("/pair \(code)", to: thread)
            _ = try await caller.ended(operation)
            let messages = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            expectEqual(messages["items"]?.arrayValue?.last?["text"]?.stringValue?.contains("sign out"), true)
            try await expectEqual(caller.send(.get, "/api/v1/me").expect(200)["role"], "guest")
            let signIn = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)])
            expectEqual(signIn.status, 204)
        }
    }

    @Test("a page ends early where its texts are long, with the cursor of the rest")
    func longTexts() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let text = String(repeating: "x", count: 200_000)
            try await harness.bridge.store.write { ledger in
                for _ in 1...4 { try ledger.insertMessage(session: thread, turn: nil, role: .note, text: text, at: 0) }
                let longest = String(repeating: text, count: 4)
                try ledger.insertMessage(session: thread, turn: nil, role: .note, text: longest, at: 0)
            }
            let path = "/api/v1/threads/\(thread)/messages?limit=200"
            var sizes: [Int] = []
            var ids: [String] = []
            var cursor: String?
            repeat {
                let page = try await caller.send(.get, path + (cursor.map { "&cursor=\($0)" } ?? "")).expect(200)
                let items = page["items"]?.arrayValue ?? []
                sizes.append(items.count)
                ids += items.compactMap { $0["id"]?.stringValue }
                cursor = page["next_cursor"]?.stringValue
            } while cursor != nil
            #expect(sizes == [2, 2, 1] && ids.count == Set(ids).count)
            let newest = try await caller.send(.get, "\(path)&before=latest").expect(200)
            expectEqual(newest["items"]?.arrayValue?.count, 1)
            let earlier = newest["previous_cursor"]?.stringValue ?? ""
            let older = try await caller.send(.get, "\(path)&before=\(earlier)").expect(200)
            #expect(older["items"]?.arrayValue?.count == 2 && older["previous_cursor"] != .null)
        }
    }

    @Test("pages have no gaps or repeats in either direction")
    func paging() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            for number in 1...5 { _ = try await caller.ended(try await caller.write("\(number)", to: thread)) }
            let path = "/api/v1/threads/\(thread)/messages"
            var texts: [String] = []
            var cursor: String?
            repeat {
                let page = try await caller.send(.get, "\(path)?limit=3\(cursor.map { "&cursor=\($0)" } ?? "")").expect(
                    200)
                texts += page["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []
                cursor = page["next_cursor"]?.stringValue
            } while cursor != nil
            expectEqual(texts, (1...5).flatMap { ["\($0)", "You said: \($0)"] })
            var backwards: [String] = []
            var before: String? = "latest"
            while let position = before {
                let page = try await caller.send(.get, "\(path)?limit=3&before=\(position)").expect(200)
                backwards = (page["items"]?.arrayValue?.compactMap { $0["text"]?.stringValue } ?? []) + backwards
                before = page["previous_cursor"]?.stringValue
            }
            expectEqual(backwards, texts)
        }
    }

    @Test("threads are paged, most recently active first")
    func threadPages() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            var made: [String] = []
            for _ in 1...5 {
                made.insert(try await caller.newThread(), at: 0)
                harness.advance(by: 10)
            }
            var found: [String] = []
            var target: String? = "/api/v1/threads?limit=2"
            while let path = target {
                let page = try await caller.send(.get, path).expect(200)
                found += page["items"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
                target = page["next_cursor"]?.stringValue.map { "/api/v1/threads?limit=2&cursor=\($0)" }
            }
            expectEqual(found, made)
            for wrong in ["limit=0", "limit=101", "limit=x"] {
                try await expectEqual(caller.send(.get, "/api/v1/threads?\(wrong)").status, 422)
            }
        }
    }

    @Test("a thread of another network is readable but not writable")
    func otherNetwork() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            try await harness.network.say("hello")
            let items = try await caller.send(.get, "/api/v1/threads?adapter=irc%3Alocal").expect(200)["items"]?
                .arrayValue
            let thread = try #require(items?.first)
            expectEqual(thread["can_write"], false)
            let id = try #require(thread["id"]?.stringValue)
            let refused = try await caller.send(.post, "/api/v1/threads/\(id)/messages", json: ["text": "hi"])
            expectEqual(refused.status, 403)
            #expect(refused.text.contains("irc:local"))
        }
    }

    @Test(
        "an invalid message is refused with its reason",
        arguments: [
            ("{\"text\":\"\"}", "application/json", 422), ("{\"text\":\" \\n\"}", "application/json", 422),
            ("{\"text\":7}", "application/json", 422), ("text=hi", "application/x-www-form-urlencoded", 415),
            ("not json", "application/json", 400),
            ("{\"text\":\"" + String(repeating: "a", count: 300_000) + "\"}", "application/json", 413),
        ])
    func refused(body: String, type: String, status: Int) async throws {
        try await GatewayHarness.run { harness in
            var caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            caller.headers["Content-Type"] = type
            let answer = try await caller.send(
                .post, "/api/v1/threads/\(thread)/messages", body: Array(body.utf8), headers: caller.headers)
            expectEqual(answer.status, status)
            expectEqual(answer.json["detail"]?.stringValue?.isEmpty, false)
        }
    }

    @Test(
        "a new thread needs no body, and an invalid one is refused",
        arguments: [("", 201), ("{}", 201), ("{broken", 400), ("[]", 400)])
    func creation(body: String, status: Int) async throws {
        try await GatewayHarness.run { harness in
            var caller = try await harness.signedIn()
            caller.headers["Content-Type"] = "application/json"
            let answer = try await caller.send(
                .post, "/api/v1/threads", body: Array(body.utf8), headers: caller.headers)
            expectEqual(answer.status, status)
        }
    }

    @Test("commands work in a web thread and are listed")
    func commands() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn()
            let operation = try await caller.ended(try await caller.write("/whoami", to: try await caller.newThread()))
            expectEqual(operation["state"], "complete")
            let words = try await caller.send(.get, "/api/v1/commands").expect(200)["items"]?.arrayValue?.compactMap {
                $0["word"]?.stringValue
            }
            expectEqual(words?.contains("specify"), true)
            #expect(words?.contains("implement") == true && words?.contains("task") == true)
        }
    }

    @Test("a queued operation reports its position")
    func queue() async throws {
        let worker = StepWorker([.event(.text("first")), .hold])
        try await GatewayHarness.run(worker: worker) { harness in
            let caller = try await harness.signedIn()
            let thread = try await caller.newThread()
            let first = try await caller.write("one", to: thread)
            try await harness.waitForText(of: first)
            let second = try await caller.write("two", to: thread)
            let waiting = try await caller.send(.get, "/api/v1/operations/\(second)").expect(200)
            expectEqual(waiting["state"], "queued")
            expectEqual(waiting["position"], 1)
            let shown = try await caller.send(.get, "/api/v1/threads/\(thread)").expect(200)
            expectEqual(shown["active_operation"], .string(first))
            worker.release()
            try await expectEqual(caller.ended(second)["state"], "complete")
        }
    }

    @Test("what was said of answers is for owners, and for whoever said it")
    func ratings() async throws {
        try await GatewayHarness.run { harness in
            let (ada, owner) = (try await harness.signedIn(.guest, name: "Ada"), try await harness.signedIn(.owner))
            let thread = try await ada.newThread()
            let operation = try await ada.write("hello", to: thread)
            _ = try await ada.ended(operation)
            func list(_ caller: Caller, _ query: String = "") async throws -> [JSON] {
                try await caller.send(.get, "/api/v1/ratings\(query)").expect(200)["items"]?.arrayValue ?? []
            }
            let path = "/api/v1/operations/\(operation)/rating"
            try await expectEqual(ada.send(.put, path, json: ["value": "down", "word": "too <b>long</b>"]).status, 204)
            try await expectEqual(owner.send(.put, path, json: ["value": "up"]).status, 204)
            try await expectEqual(list(ada).map { $0["value"] }, ["down"])
            let all = try await list(owner, "?thread=\(thread)")
            expectEqual(all.count, 2)
            let said = try #require(all.first { $0["value"] == "down" })
            #expect(said["word"] == "too <b>long</b>" && said["operation_id"] == .string(operation))
            #expect(said["title"] == "hello" && said["name"] == "Ada")
            try await expectEqual(list(owner, "?mine=true").map { $0["value"] }, ["up"])
            #expect(try await list(owner, "?thread=t_other").isEmpty)
            try await expectEqual(ada.send(.put, path, json: ["value": "none"]).status, 204)
            #expect(try await list(ada).isEmpty)
        }
    }
}
