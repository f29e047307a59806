import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Memory over the API", .timeLimit(.minutes(1)))
struct MemoryTests {
    private static let path = "/api/v1/memory"

    @Test("notes are added, listed, changed and erased by whom they belong to")
    func notes() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let gina = try await harness.signedIn(.guest, name: "Gina")
            let own = try await ada.send(.post, Self.path, json: ["text": " I use tabs "]).expect(201)
            #expect(own["text"] == "I use tabs" && own["repository"] == .null)
            let id = own["id"]?.stringValue ?? ""
            let shared = try await ada.send(
                .post, Self.path, json: ["text": "deploy on Mondays", "repository": "notes"]
            )
            .expect(201)
            try await expectEqual(ada.send(.get, Self.path).expect(200)["items"], [own, shared])
            try await expectEqual(bob.send(.get, Self.path).expect(200)["items"], [shared])
            try await expectEqual(gina.send(.get, Self.path).expect(200)["items"], [])

            let changed = try await ada.send(.patch, Self.path + "/\(id)", json: ["text": "spaces"]).expect(200)
            expectEqual(changed["text"], "spaces")
            expectEqual(try await bob.send(.patch, Self.path + "/\(id)", json: ["text": "x"]).status, 404)
            let note = shared["id"]?.stringValue ?? ""
            expectEqual(try await bob.send(.delete, Self.path + "/\(note)").status, 422)
            expectEqual(try await ada.send(.delete, Self.path + "/\(note)").status, 204)
            expectEqual(try await ada.send(.delete, Self.path + "/\(note)").status, 404)
        }
    }

    @Test("a note for a repository is a member's, and of a repository that exists")
    func refused() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member)
            let gina = try await harness.signedIn(.guest)
            let here: JSON = ["text": "x", "repository": "notes"]
            expectEqual(try await gina.send(.post, Self.path, json: here).status, 422)
            expectEqual(try await ada.send(.post, Self.path, json: ["text": "x", "repository": "other"]).status, 404)
            expectEqual(try await ada.send(.post, Self.path, json: ["text": " "]).status, 422)
        }
    }
}
