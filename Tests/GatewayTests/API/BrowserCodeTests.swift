import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Codes for browsers over HTTP", .timeLimit(.minutes(1)))
struct BrowserCodeTests {
    private func signIn(_ code: String, in harness: GatewayHarness) async throws -> Caller? {
        let answer = try await harness.anybody.send(.post, "/api/v1/signin", json: ["code": .string(code)])
        guard answer.status == 204, let cookie = answer.headers["set-cookie"]?.split(separator: ";").first else {
            return nil
        }
        return Caller(gateway: harness.gateway, headers: ["Cookie": String(cookie), "Origin": harness.origin])
    }

    @Test("a person adds a device: the same conversations, name and role in both browsers")
    func device() async throws {
        try await GatewayHarness.run { harness in
            let laptop = try await harness.signedIn(.member, name: "Mia")
            let thread = try await laptop.newThread()
            let me = try await laptop.send(.get, "/api/v1/me").expect(200)
            let path = "/api/v1/people/\(me["id"]?.stringValue ?? "")/codes"
            expectEqual(me["browsers"], 1)
            let made = try await laptop.send(.post, path, json: [:]).expect(201)
            let validator = SchemaValidator(document: try await laptop.send(.get, "/api/v1/openapi.json").expect(200))
            expectEqual(
                validator.mistakes(in: made, method: "post", path: "/api/v1/people/{id}/codes", status: 201), [])
            let code = try #require(made["code"]?.stringValue)
            expectEqual(made["url"]?.stringValue, "http://bot.example/#join=\(code)")
            let phone = try #require(try await self.signIn(code, in: harness))
            let other = try await phone.send(.get, "/api/v1/me").expect(200)
            #expect(other["id"] == me["id"] && other["name"] == "Mia" && other["browsers"] == 2)
            try await expectEqual(phone.send(.get, "/api/v1/threads/\(thread)").status, 200)
            #expect(try await self.signIn(code, in: harness) == nil)

            // One leaves; an owner ends the other.
            try await expectEqual(laptop.send(.post, "/api/v1/signout", json: [:]).status, 204)
            try await expectEqual(phone.send(.get, "/api/v1/me").expect(200)["browsers"], 1)
            let owner = try await harness.signedIn(.owner)
            let id = me["id"]?.stringValue ?? ""
            let open = try await owner.send(.post, path, json: [:]).expect(201)["code"]?.stringValue ?? ""
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            try await expectEqual(phone.send(.get, "/api/v1/me").status, 401)
            #expect(try await self.signIn(open, in: harness) == nil)
        }
    }

    @Test("an owner invites by a link, which says what it is for; the list has what is open")
    func invite() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner, name: "Olga")
            let path = "/api/v1/people/invites"
            let made = try await owner.send(.post, path, json: ["role": "guest", "name": "Grace", "expires": "7d"])
                .expect(201)
            let document = try await owner.send(.get, "/api/v1/openapi.json").expect(200)
            let validator = SchemaValidator(document: document)
            expectEqual(validator.mistakes(in: made, method: "post", path: path, status: 201), [])
            let list = try await owner.send(.get, "/api/v1/people").expect(200)
            expectEqual(validator.mistakes(in: list, method: "get", path: "/api/v1/people", status: 200), [])
            let open = try #require(list["invites"]?[0])
            #expect(open["name"] == "Grace" && open["role"] == "guest" && open["by"] == "Olga")
            #expect(open["id"] == made["id"] && open["expires_at"] == made["expires_at"])
            let look: JSON = ["code": made["code"] ?? .null, "look": true]
            let found = try await harness.anybody.send(.post, "/api/v1/signin", json: look).expect(200)
            expectEqual(found, ["name": "Grace", "role": "guest", "is_device": false])
            let guest = try #require(try await self.signIn(made["code"]?.stringValue ?? "", in: harness))
            let me = try await guest.send(.get, "/api/v1/me").expect(200)
            #expect(me["name"] == "Grace" && me["role"] == "guest")
            try await expectEqual(harness.anybody.send(.post, "/api/v1/signin", json: look).status, 401)

            let other = try await owner.send(.post, path, json: ["role": "owner"]).expect(201)
            let id = other["id"]?.stringValue ?? ""
            try await expectEqual(owner.send(.delete, "\(path)/\(id)").status, 204)
            try await expectEqual(owner.send(.delete, "\(path)/\(id)").status, 404)
            #expect(try await self.signIn(other["code"]?.stringValue ?? "", in: harness) == nil)
            for expires in ["31d", "never"] as [JSON] {
                let answer = try await owner.send(.post, path, json: ["role": "guest", "expires": expires])
                expectEqual(answer.status, 422)
            }
        }
    }

    @Test("looking at wrong codes counts like signing in with them")
    func looking() async throws {
        try await GatewayHarness.run { harness in
            let look: JSON = ["code": "AAAA-AAA2", "look": true]
            for _ in 1...5 {
                try await expectEqual(harness.anybody.send(.post, "/api/v1/signin", json: look).status, 401)
            }
            try await expectEqual(harness.anybody.send(.post, "/api/v1/signin", json: look).status, 429)
        }
    }

    @Test("linked identities have one list of conversations, until they are separated")
    func linked() async throws {
        try await GatewayHarness.run { harness in
            let (one, two) = (try await harness.signedIn(.member, name: "Mia"), try await harness.signedIn(.guest))
            let thread = try await one.newThread()
            _ = try await one.ended(try await one.write("hello", to: thread))
            let list = "/api/v1/threads"
            try await expectEqual(two.send(.get, "\(list)/\(thread)").status, 404)
            let code = try await self.note(of: "/link", by: one).split(separator: "`").first.map(String.init) ?? ""
            #expect(try await self.note(of: "/link \(code)", by: two).contains("are one person now"))
            let me = try await two.send(.get, "/api/v1/me").expect(200)
            #expect(me["role"] == "guest" && me["identities"]?.arrayValue?.count == 2)
            try await expectEqual(two.send(.get, "\(list)/\(thread)").status, 200)
            let items = try await two.send(.get, list).expect(200)["items"]?.arrayValue ?? []
            expectEqual(items.first { $0["id"] == .string(thread) }?["own"], true)
            // An owner's list has all threads, also with several identities.
            let owner = try await harness.signedIn(.owner)
            let more = try await self.note(of: "/link", by: owner).split(separator: "`").first.map(String.init) ?? ""
            _ = try await self.note(of: "/link \(more)", by: two)
            let all = try await owner.send(.get, list).expect(200)["items"]?.arrayValue ?? []
            #expect(all.contains { $0["id"] == .string(thread) && $0["own"] == true })
            try await expectEqual(owner.send(.get, "\(list)?mine=true").status, 200)
            #expect(try await self.note(of: "/unlink", by: one).contains("no longer linked"))
            try await expectEqual(two.send(.get, "\(list)/\(thread)").status, 404)
            // A program needs the scope that changes rights.
            let program = try await harness.token(.chat)
            let other = try await program.newThread()
            let answer = try await program.send(.post, "\(list)/\(other)/messages", json: ["text": "/link"])
            expectEqual(answer.status, 403)
        }
    }

    /// The reply to a command in a new thread.
    private func note(of command: String, by caller: Caller) async throws -> String {
        let thread = try await caller.newThread()
        _ = try await caller.ended(try await caller.write(command, to: thread))
        let messages = try await caller.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
        return messages["items"]?.arrayValue?.last?["text"]?.stringValue ?? ""
    }

    @Test("nobody but owners makes codes for others, and no token without the scope admin")
    func refused() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner, name: "Olga")
            let member = try await harness.signedIn(.member, name: "Mia")
            let id = try await owner.send(.get, "/api/v1/me").expect(200)["id"]?.stringValue ?? ""
            let path = "/api/v1/people/\(id)/codes"
            try await expectEqual(member.send(.post, path, json: [:]).status, 404)
            try await expectEqual(harness.token(.chat, .read).send(.post, path, json: [:]).status, 404)
            try await expectEqual(harness.token(.admin).send(.post, path, json: [:]).status, 201)
            let listed = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?[0]?["id"]?.stringValue
            try await expectEqual(
                owner.send(.post, "/api/v1/people/\(listed ?? "")/codes", json: [:]).status, 409)
            // In a thread the same token is refused too.
            let program = try await harness.token(.chat)
            let thread = try await program.newThread()
            let answer = try await program.send(
                .post, "/api/v1/threads/\(thread)/messages", json: ["text": "/pair --for Olga"])
            expectEqual(answer.status, 403)
        }
    }
}
