import Chat
import HTTP
import HTTPServer
import JSON
import TestSupport
import Testing
import Threads

@testable import Gateway

@Suite("Rights in a thread", .timeLimit(.minutes(1)))
struct ThreadRightTests {
    /// Every route about one thread, as it is declared: a new one is tried, too.
    private static let routes = APITable.routes.filter { route in
        if case .open = route.access { return false }
        return route.subject != nil || ["{thread}", "{message}"].contains { route.pattern.contains($0) }
    }
    /// For whoever began the thread, and owners.
    private static let ofOwners: Set = ["changeThread", "deleteThread", "listShares", "createShare", "endShare"]
    private static let bodies: [String: JSON] = [
        "changeThread": ["title": "x"], "postMessage": ["text": "hello"], "createShare": ["with": "host"],
        "answerAsk": ["answer": "Z"], "rateOperation": ["value": "none"], "saveDocument": ["text": "x"],
        "createComment": ["text": "x", "quote": "y"], "stopOperation": [:],
    ]
    private static let queries = [
        "uploadFile": "name=a.txt", "resolveComment": "number=1", "getFeatureDocument": "path=specs/1/spec.md",
        "getFeatureDiff": "path=specs/1/spec.md&from=abcdef1&to=abcdef2",
    ]

    /// What stands between a caller and a thread.
    private enum Refusal: Equatable {
        case none, hidden, reading, notOwn, signedOut

        init(_ answer: Caller.Answer) {
            let detail = answer.json["detail"]?.stringValue ?? ""
            switch answer.status {
            case 401: self = .signedOut
            // The message has no file.
            case 404 where detail.hasPrefix("There is no such file"): self = .none
            case 404 where detail.hasPrefix("There is no such"): self = .hidden
            case 403 where detail == Problems.missingRight(.join).detail: self = .reading
            case 403 where detail == Problems.missingRight(.own).detail: self = .notOwn
            default: self = .none
            }
        }
    }

    private struct Scene {
        let thread: String
        let operation: String
        let message: String

        func answer(of route: APIRoute, to caller: Caller) async throws -> Caller.Answer {
            let id =
                switch route.subject {
                case .operation: self.operation
                case .ask: "a1"
                case .thread, nil: self.thread
                }
            let values = [
                "{id}": id, "{thread}": self.thread, "{message}": self.message, "{path...}": "docs/a.md",
                "{share}": "sh_1", "{number}": "1",
            ]
            var path = route.pattern
            for (name, value) in values { path = path.replacing(name, with: value) }
            #expect(!path.contains("{"), "\(route.pattern) has a parameter that this test does not know")
            if let query = ThreadRightTests.queries[route.operation] { path += "?\(query)" }
            if case .bytes = route.body { return try await caller.send(route.method, path, json: nil) }
            let body = ThreadRightTests.bodies[route.operation]
            if case .json = route.body {
                #expect(body != nil, "\(route.operation) has a body that this test does not know")
            }
            return try await caller.send(route.method, path, json: body)
        }
    }

    private static func expect(
        _ refusals: (APIRoute) -> Refusal, of caller: Caller, in scene: Scene, _ note: String
    ) async throws {
        for route in Self.routes {
            let answer = try await scene.answer(of: route, to: caller)
            expectEqual(
                Refusal(answer), refusals(route), "\(route.operation), \(note): \(answer.status) \(answer.text)")
        }
    }

    private static func reading(_ route: APIRoute) -> Refusal {
        if Self.ofOwners.contains(route.operation) { return .notOwn }
        return route.method == .get ? .none : .reading
    }

    @Test("each route about a thread gives a colleague what is shared, and nothing before and after")
    func colleague() async throws {
        #expect(Self.routes.count > 25)
        let request = ApprovalRequest(
            action: .run, subject: "make", directory: "/workspace", tool: "run", approver: .ownersOnly)
        try await GatewayHarness.run(worker: StepWorker([.event(.text("done"))], [.approval(request)])) { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let bob = try await harness.signedIn(.member, name: "bob")
            let thread = try await alice.newThread()
            let operation = try await alice.write("hello", to: thread)
            _ = try await alice.ended(operation)
            let messages = try await alice.send(.get, "/api/v1/threads/\(thread)/messages").expect(200)
            let message = messages["items"]?.arrayValue?.last { $0["role"] == "assistant" }?["id"]?.stringValue ?? ""
            _ = try await alice.write("go", to: thread)
            try await eventually("the thread has an ask") {
                try await alice.send(.get, "/api/v1/threads/\(thread)/asks").expect(200)["items"]?[0] != nil
            }
            let scene = Scene(thread: thread, operation: operation, message: message)
            let shares = "/api/v1/threads/\(thread)/shares"
            func share(_ role: String, expires: String? = nil) async throws -> String {
                var body: JSONObject = ["with": "bob", "role": .string(role)]
                if let expires { body["expires"] = .string(expires) }
                return try await alice.send(.post, shares, json: .object(body)).expect(201)["id"]?.stringValue ?? ""
            }

            try await Self.expect({ _ in .hidden }, of: bob, in: scene, "without a share")
            _ = try await share("read")
            try await Self.expect(Self.reading, of: bob, in: scene, "to read")
            let joined = try await share("join")
            try await Self.expect(
                { Self.ofOwners.contains($0.operation) ? .notOwn : .none }, of: bob, in: scene, "to join")
            try await expectEqual(alice.send(.delete, "\(shares)/\(joined)").status, 204)
            try await Self.expect({ _ in .hidden }, of: bob, in: scene, "after its end")
            _ = try await share("read", expires: "1m")
            try await Self.expect(Self.reading, of: bob, in: scene, "before it expires")
            harness.advance(by: 60_000)
            try await Self.expect({ _ in .hidden }, of: bob, in: scene, "after it expired")
            try await expectEqual(alice.send(.get, shares).expect(200)["items"], [])

            _ = try await share("join")
            let owner = try await harness.signedIn()
            let people = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?.arrayValue ?? []
            let id = people.first { $0["name"] == "bob" }?["id"]?.stringValue ?? ""
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            try await Self.expect({ _ in .signedOut }, of: bob, in: scene, "after they were removed")
            // Nothing is left for whoever comes back.
            try await expectEqual(alice.send(.get, shares).expect(200)["items"], [])
        }
    }

    @Test("members and owners are the host's people, and guests are not")
    func host() async throws {
        try await GatewayHarness.run { harness in
            let alice = try await harness.signedIn(.member, name: "alice")
            let (bob, gina) = (
                try await harness.signedIn(.member, name: "bob"), try await harness.signedIn(.guest, name: "gina")
            )
            let thread = try await alice.newThread()
            let path = "/api/v1/threads/\(thread)"
            _ = try await alice.send(.post, "\(path)/shares", json: ["with": "host"]).expect(201)
            try await expectEqual(bob.send(.get, path).status, 200)
            try await expectEqual(gina.send(.get, path).status, 404)
            _ = try await alice.send(.post, "\(path)/shares", json: ["with": "gina", "role": "join"]).expect(201)
            try await expectEqual(gina.send(.get, path).expect(200)["shared"], ["by": "alice", "role": "join"])
            _ = try await gina.ended(try await gina.write("hello", to: thread))
            // What changes the thread for everybody stays with those whose thread it is.
            _ = try await gina.write("/new", to: thread)
            let messages = try await alice.send(.get, "\(path)/messages").expect(200)["items"]?.arrayValue ?? []
            #expect(messages.contains { $0["author"] == "gina" && $0["text"] == "hello" })
            #expect(messages.contains { $0["text"]?.stringValue?.contains("only in their own") == true })
            // Guests share what is theirs with people, and nothing with everybody.
            let own = try await gina.newThread()
            func status(_ body: JSON) async throws -> Int {
                try await gina.send(.post, "/api/v1/threads/\(own)/shares", json: body).status
            }
            try await expectEqual(status(["with": "public"]), 403)
            try await expectEqual(status(["with": "bob"]), 201)
            // Nor does somebody who has become one.
            let url = try await alice.send(.post, "\(path)/shares", json: ["with": "public"]).expect(201)["url"]
            let page = "/s/\(url?.stringValue?.split(separator: "/").last ?? "")"
            try await expectEqual(harness.anybody.send(.get, page).status, 200)
            let owner = try await harness.signedIn()
            let people = try await owner.send(.get, "/api/v1/people").expect(200)["items"]?.arrayValue ?? []
            let id = people.first { $0["name"] == "alice" && $0["way"] == "sign-in" }?["id"]?.stringValue ?? ""
            _ = try await owner.send(.patch, "/api/v1/people/\(id)", json: ["role": "guest"]).expect(200)
            try await expectEqual(harness.anybody.send(.get, page).status, 404)
        }
    }
}
