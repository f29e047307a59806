import Chat
import HTTP
import JSON
import TestSupport
import Testing
import WebSockets

@testable import Gateway

@Suite("People over HTTP", .timeLimit(.minutes(1)))
struct PeopleTests {
    private func person(_ name: String, in list: JSON) -> JSON? {
        list["items"]?.arrayValue?.first { $0["name"]?.stringValue == name }
    }

    @Test("owners list people, browsers and tokens; the answers are as described")
    func list() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner, name: "Olga")
            _ = try await harness.signedIn(.guest, name: "Gina")
            let program = try await harness.token(.admin)
            let list = try await owner.send(.get, "/api/v1/people").expect(200)
            let validator = SchemaValidator(document: try await owner.send(.get, "/api/v1/openapi.json").expect(200))
            expectEqual(validator.mistakes(in: list, method: "get", path: "/api/v1/people", status: 200), [])
            let ways = list["items"]?.arrayValue?.compactMap { $0["way"]?.stringValue }
            expectEqual(ways, ["list", "sign-in", "sign-in", "token"])
            expectEqual(self.person("Olga", in: list)?["self"], true)
            expectEqual(self.person("Gina", in: list)?["role"], "guest")
            expectEqual(list["items"]?[0]?["key"], "access.owners[0]")
            try await expectEqual(program.send(.get, "/api/v1/people").status, 200)
            try await expectEqual(harness.token(.chat, .read).send(.get, "/api/v1/people").status, 403)
        }
    }

    @Test("a removed browser is signed out: requests, the live connection and the running answer end")
    func removal() async throws {
        let worker = StepWorker([.event(.text("a")), .untilStopped])
        try await GatewayHarness.run(worker: worker) { harness in
            let owner = try await harness.signedIn(.owner)
            let member = try await harness.signedIn(.member, name: "Mia")
            let operation = try await member.write("go", to: try await member.newThread())
            let client = WebSocketClient()
            let address = try #require(harness.gateway.boundAddress)
            let socket = try await client.connect(try HTTPURL("ws://\(address)/api/v1/live"), headers: member.headers)
            try await socket.send(#"{"subscribe":"\#(operation)","last_sequence":0}"#)
            #expect(try await socket.next() != nil)
            let list = try await owner.send(.get, "/api/v1/people").expect(200)
            let id = try #require(self.person("Mia", in: list)?["id"]?.stringValue)
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            while try await socket.next() != nil {}
            expectEqual(socket.closure?.code, .policyViolation)
            try await expectEqual(member.send(.get, "/api/v1/me").status, 401)
            try await expectEqual(owner.ended(operation)["state"], "stopped")
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 404)
            await client.stop()
        }
    }

    @Test("another role counts at the next request, and closes the live connection")
    func change() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            let guest = try await harness.signedIn(.guest, name: "Gina")
            let list = try await owner.send(.get, "/api/v1/people").expect(200)
            let id = try #require(self.person("Gina", in: list)?["id"]?.stringValue)
            let client = WebSocketClient()
            let address = try #require(harness.gateway.boundAddress)
            let socket = try await client.connect(try HTTPURL("ws://\(address)/api/v1/live"), headers: guest.headers)
            let changed = try await owner.send(.patch, "/api/v1/people/\(id)", json: ["role": "owner"]).expect(200)
            let validator = SchemaValidator(document: try await owner.send(.get, "/api/v1/openapi.json").expect(200))
            expectEqual(validator.mistakes(in: changed, method: "patch", path: "/api/v1/people/{id}", status: 200), [])
            #expect(changed["role"] == "owner" && changed["scopes"] == ["chat", "read", "admin"])
            try await expectEqual(socket.next(), nil)
            try await expectEqual(guest.send(.get, "/api/v1/people").status, 200)
            for body in [[:], ["role": "king"], ["role": 1]] as [JSON] {
                let status = body == [:] ? 400 : 422
                try await expectEqual(owner.send(.patch, "/api/v1/people/\(id)", json: body).status, status)
            }
            try await expectEqual(owner.send(.patch, "/api/v1/people/none", json: ["role": "guest"]).status, 404)
            await client.stop()
        }
    }

    @Test("a listed person is removed by the id, named in the list of removed ones, and let in again")
    func listed() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner)
            let list = try await owner.send(.get, "/api/v1/people").expect(200)
            let id = try #require(list["items"]?[0]?["id"]?.stringValue)
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            let removed = try await owner.send(.get, "/api/v1/people").expect(200)["removed"]
            expectEqual(removed, [["id": .string(id), "identity": "irc:local/alice"]])
            // Now the browser is the last owner.
            let me = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?[0]?["id"]?.stringValue ?? ""
            let refused = try await owner.send(.delete, "/api/v1/people/\(me)")
            #expect(refused.status == 409 && refused.text.contains("last owner"))
            _ = try await owner.send(.patch, "/api/v1/people/\(id)", json: ["role": "member"]).expect(200)
            let again = try await owner.send(.get, "/api/v1/people").expect(200)
            #expect(again["items"]?[0]?["listed_role"] == "owner" && again["removed"] == [])
        }
    }

    @Test("the pages are served with their scripts and style", arguments: ["people", "tasks", "analytics"])
    func page(name: String) async throws {
        try await GatewayHarness.run { harness in
            let page = try await harness.anybody.send(.get, "/\(name)")
            let script = try #require(WebAsset.all.first { $0.name == "\(name).js" })
            #expect(page.status == 200 && !page.text.contains("@") && !page.text.contains("/markdown.js"))
            for asset in [script, .style, .pagesStyle] {
                #expect(page.text.contains(asset.path))
                try await expectEqual(harness.anybody.send(.get, asset.path).status, 200)
            }
        }
    }
}
