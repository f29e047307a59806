import Chat
import HTTP
import JSON
import Primitives
import Store
import TestSupport
import Testing

@testable import Gateway
@testable import People
@testable import Sessions
@testable import Threads

@Suite("What people choose for themselves", .timeLimit(.minutes(1)))
struct SettingsTests {
    private static let path = "/api/v1/settings"

    private static let usual: JSON = [
        "kinds": ["asks", "answers", "mentions"], "quiet": .null, "zone": "UTC", "content": "title",
    ]

    private func validator(_ harness: GatewayHarness) async throws -> SchemaValidator {
        SchemaValidator(document: try await harness.anybody.send(.get, "/api/v1/openapi.json").expect(200))
    }

    @Test("a person's model is that of their new threads, and their instructions go with their turns only")
    func settings() async throws {
        let worker = StepWorker()
        try await GatewayHarness.run(worker: worker) { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let old = try await ada.newThread()
            let none: JSON = [
                "model": .null, "instructions": .null, "zone": .null, "language": .null, "notifications": Self.usual,
            ]
            try await expectEqual(ada.send(.get, Self.path).expect(200), none)
            let chosen: JSON = [
                "model": "large", "instructions": "Answer in German.", "zone": .null, "language": .null,
                "notifications": Self.usual,
            ]
            let answer = try await ada.send(
                .patch, Self.path, json: ["model": "large", "instructions": " Answer in German.\n"]
            ).expect(200)
            expectEqual(answer, chosen)
            let validator = try await self.validator(harness)
            expectEqual(validator.mistakes(in: answer, method: "patch", path: Self.path, status: 200), [])
            try await expectEqual(ada.send(.get, Self.path).expect(200), chosen)
            try await expectEqual(bob.send(.get, Self.path).expect(200), none)

            for (caller, model, instructions) in [(ada, JSON.string("large"), "Answer in German."), (bob, .null, nil)] {
                let thread = try await caller.newThread()
                try await expectEqual(caller.send(.get, "/api/v1/threads/\(thread)").expect(200)["model"], model)
                _ = try await caller.ended(try await caller.write("hello", to: thread))
                expectEqual(worker.requests.last?.instructions, instructions)
            }
            try await expectEqual(ada.send(.get, "/api/v1/threads/\(old)").expect(200)["model"], .null)

            try await expectEqual(ada.send(.patch, Self.path, json: ["model": .null]).expect(200)["model"], .null)
            try await expectEqual(ada.send(.get, Self.path).expect(200)["instructions"], "Answer in German.")
            try await expectEqual(ada.send(.patch, Self.path, json: ["language": "ja"]).expect(200)["language"], "ja")
            _ = try await ada.send(.patch, Self.path, json: ["instructions": "  ", "language": .null]).expect(200)
            try await expectEqual(ada.send(.get, Self.path).expect(200), none)
        }
    }

    @Test(
        "a value that cannot be used changes nothing",
        arguments: [
            (["model": "huge"], "No model is called `huge`"), (["model": 1], "`model` must be a text, or null"),
            (["instructions": .string(String(repeating: "x", count: 4_001))], "the limit is 4000"), ([:], "`model`"),
            (["zone": "Nowhere"], "no time zone `Nowhere`"), (["language": "tlh"], "`language`"),
            (["notifications": ["quiet": "22-7"]], "such as `22:00-07:00`"),
            (["notifications": ["zone": "Mars/Base"]], "no time zone `Mars/Base`"),
            (["notifications": ["content": "all"]], "`notifications.content`"),
        ] as [(JSON, String)])
    func refused(body: JSON, text: String) async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.guest)
            _ = try await ada.send(.patch, Self.path, json: ["instructions": "Be brief."]).expect(200)
            let answer = try await ada.send(.patch, Self.path, json: body)
            #expect(answer.status == (body == [:] ? 400 : 422) && answer.text.contains(text), "\(answer.text)")
            let kept: JSON = [
                "model": .null, "instructions": "Be brief.", "zone": .null, "language": .null,
                "notifications": Self.usual,
            ]
            try await expectEqual(ada.send(.get, Self.path).expect(200), kept)
        }
    }

    @Test("what a browser had chosen is forgotten with its sign-in")
    func signOut() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member)
            _ = try await ada.send(.patch, Self.path, json: ["instructions": "Be brief."]).expect(200)
            let person = try await ada.send(.get, "/api/v1/me").expect(200)["identity"]?.stringValue ?? ""
            _ = try await ada.send(.post, "/api/v1/signout", json: [:])
            let (before, after) = try await harness.bridge.store.write { ledger in
                let before = try ledger.preferences(of: person)
                try ledger.deleteEndedPreferences()
                return (before, try ledger.preferences(of: person))
            }
            #expect(before == Preferences(instructions: "Be brief.") && after == Preferences())
        }
    }

    @Test("a pin is a person's own, survives the archive")
    func pins() async throws {
        try await GatewayHarness.run { harness in
            let owner = try await harness.signedIn(.owner, name: "Olga")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let thread = try await bob.newThread()
            for _ in 1...2 {
                harness.advance(by: 1_000)
                _ = try await bob.newThread()
            }
            let path = "/api/v1/threads/\(thread)"
            let changed = try await bob.send(.patch, path, json: ["pinned": true]).expect(200)
            expectEqual(changed["pinned"], true)
            let validator = try await self.validator(harness)
            expectEqual(validator.mistakes(in: changed, method: "patch", path: "/api/v1/threads/{id}", status: 200), [])
            func pinned(_ caller: Caller) async throws -> [String] {
                let page = try await caller.send(.get, "/api/v1/threads?limit=1&pinned=first").expect(200)
                let items = page["items"]?.arrayValue ?? []
                expectEqual(items.count, items.filter { $0["pinned"] == true }.count + 1)
                return items.filter { $0["pinned"] == true }.compactMap { $0["id"]?.stringValue }
            }
            try await expectEqual(pinned(bob), [thread])
            try await expectEqual(pinned(owner), [])
            try await expectEqual(bob.send(.get, "/api/v1/threads?pinned=true").status, 422)
            try await expectEqual(owner.send(.get, path).expect(200)["pinned"], false)
            _ = try await bob.send(.patch, path, json: ["archived": true]).expect(200)
            try await expectEqual(pinned(bob), [])
            _ = try await bob.send(.patch, path, json: ["archived": false]).expect(200)
            try await expectEqual(pinned(bob), [thread])
            try await expectEqual(bob.send(.patch, path, json: ["pinned": false]).expect(200)["pinned"], false)
            try await expectEqual(pinned(bob), [])
        }
    }

    @Test("pins have a limit")
    func tooMany() async throws {
        try await GatewayHarness.run { harness in
            let bob = try await harness.signedIn(.member)
            let person = try await bob.send(.get, "/api/v1/me").expect(200)["identity"]?.stringValue ?? ""
            try await harness.bridge.store.write { ledger in
                // Left by a person from whom this identity was unlinked.
                for number in 1...50 { try ledger.setPinned(true, session: "t\(number)", of: person) }
            }
            for _ in 1...50 {
                let path = "/api/v1/threads/\(try await bob.newThread())"
                _ = try await bob.send(.patch, path, json: ["pinned": true]).expect(200)
            }
            let answer = try await bob.send(
                .patch, "/api/v1/threads/\(try await bob.newThread())", json: ["pinned": true])
            #expect(answer.status == 409 && answer.text.contains("remove a pin first"))
        }
    }

    @Test("a thread that specifies takes its title from that, unless a person has named it")
    func title() async throws {
        let feature = [StepWorker.Step.event(.feature("001-shop"))]
        try await GatewayHarness.run(worker: StepWorker([], feature, [], feature)) { harness in
            let ada = try await harness.signedIn(.member)
            for (name, title) in [(JSON?.none, "a shop for bread"), ("Mine", "Mine")] {
                let thread = try await ada.newThread()
                let path = "/api/v1/threads/\(thread)"
                _ = try await ada.ended(try await ada.write("hello", to: thread))
                if let name { _ = try await ada.send(.patch, path, json: ["title": name]).expect(200) }
                _ = try await ada.ended(try await ada.write("/specify a shop for bread", to: thread))
                try await expectEqual(ada.send(.get, path).expect(200)["title"], .string(title))
            }
        }
    }

    @Test("two linked browsers have the same settings and pins")
    func linked() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let phone = try await harness.signedIn(.member, name: "Phone")
            var identities: [String] = []
            for caller in [ada, phone] {
                let me = try await caller.send(.get, "/api/v1/me").expect(200)
                identities.append(try #require(me["identity"]?.stringValue))
            }
            let thread = try await ada.newThread()
            _ = try await ada.send(.patch, "/api/v1/threads/\(thread)", json: ["pinned": true]).expect(200)
            _ = try await ada.send(.patch, Self.path, json: ["instructions": "Be brief."]).expect(200)
            let (first, second) = (identities[0], identities[1])
            try await harness.bridge.store.write { ledger in try ledger.link(first, second, at: 1) }
            try await harness.bridge.access.readLinks()
            func pinned(_ caller: Caller) async throws -> [JSON] {
                let list = try await caller.send(.get, "/api/v1/threads?pinned=first").expect(200)["items"]?.arrayValue
                return list?.filter { $0["pinned"] == true }.compactMap { $0["id"] } ?? []
            }
            try await expectEqual(pinned(phone), [.string(thread)])
            try await expectEqual(phone.send(.get, Self.path).expect(200)["instructions"], "Be brief.")
            _ = try await phone.send(.patch, Self.path, json: ["instructions": .null]).expect(200)
            try await expectEqual(ada.send(.get, Self.path).expect(200)["instructions"], .null)
            _ = try await phone.send(.patch, "/api/v1/threads/\(thread)", json: ["pinned": false]).expect(200)
            try await expectEqual(pinned(ada), [])
        }
    }

    @Test("personas are listed with their models, and a thread says which one it has")
    func personas() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "ada")
            let page = try await ada.send(.get, "/api/v1/personas").expect(200)
            expectEqual(
                page["items"],
                [
                    ["name": "coder", "summary": "changes code", "default": true, "model": .null],
                    ["name": "reviewer", "summary": "reads", "default": false, "model": "large"],
                ])
            let thread = try await ada.newThread()
            let path = "/api/v1/threads/\(thread)"
            try await expectEqual(ada.send(.get, path).expect(200)["persona"], .null)
            _ = try await ada.ended(ada.write("/persona reviewer", to: thread))
            let changed = try await ada.send(.get, path).expect(200)
            expectEqual(changed["persona"], "reviewer")
            // The persona's, which was not chosen here.
            expectEqual(changed["model"], .null)
        }
    }
}
