import Chat
import EventLoop
import HTTP
import JSON
import People
import Primitives
import Sessions
import SignIn
import TestSupport
import Testing

@testable import Gateway

/// Who gets in with an account at GitHub, and for how long.
@Suite("Access with an account", .timeLimit(.minutes(1)))
struct AccountAccessTests {
    private static let lists = AccessPolicy(
        owners: ["github:team/acme/core"], members: ["github:org/Acme", "github:Bob"])

    private static func organize(_ scene: SignInScene) async {
        await scene.github.addOrganization("acme", members: ["octocat": .write, "carol": .write])
        await scene.github.change("acme") { $0.teams = ["core": ["carol"]] }
    }

    private static func role(_ browser: Browser) async throws -> String? {
        let answer = try await browser.get("/api/v1/me")
        return answer.status == 200 ? answer.json["role"]?.stringValue : nil
    }

    @Test("the strongest of login, organisation and team counts, without regard to case")
    func roles() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            for (login, role) in [("octocat", "member"), ("carol", "owner"), ("BOB", "member"), ("mallory", nil)] {
                let browser = scene.browser()
                try await scene.signIn(browser, as: login)
                try await expectEqual(Self.role(browser), role, "\(login)")
            }
        }
    }

    @Test("an invitation does not count, and an organisation that hides its members is named")
    func unproven() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            await scene.github.change("acme") { $0.invited = ["dave"] }
            try await expectEqual(scene.signIn(scene.browser(), as: "dave").status, 403)
            await scene.github.change("acme") { $0.restrictsApps = true }
            let answer = try await scene.signIn(scene.browser(), as: "carol")
            #expect(answer.status == 403 && answer.text.contains("github:org/Acme, github:team/acme/core"))
            try await expectEqual(scene.signIn(scene.browser(), as: "bob").status, 302)
            // What `doctor` reports.
            let bob = try #require(try await scene.harness.bridge.access.signedInPeople().first)
            let entries = scene.harness.bridge.access.entries(of: "github")
            let unanswered = try await scene.provider.unanswered(for: bob, entries: entries)
            expectEqual(unanswered.keys.sorted(), ["github:org/Acme", "github:team/acme/core"])
            #expect(unanswered.values.allSatisfy { $0.contains("OAuth App access restrictions") })
        }
        try await SignInScene.run(access: Self.lists, scope: "repo") { scene in
            await Self.organize(scene)
            let answer = try await scene.signIn(scene.browser(), as: "carol")
            expectEqual(answer.status, 403)
        }
    }

    @Test("who leaves is out with the next check, in every browser; who moves gets the other role")
    func leaving() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let (one, other, carol) = (scene.browser(), scene.browser(), scene.browser())
            try await scene.signIn(one)
            try await scene.signIn(other)
            try await scene.signIn(carol, as: "carol")
            let changes = Protected<[String]>([])
            scene.harness.bridge.access.observe { change in
                changes.withLock { $0.append("\(change.person.identity) \(change.role?.rawValue ?? "out")") }
            }
            await scene.github.change("acme") {
                $0.members["octocat"] = nil
                $0.teams = [:]
            }
            let address = try #require(scene.harness.gateway.boundAddress)
            let session = try #require(one.cookies["jetbridge_session"])
            let live = try await LiveClient.connect(
                to: "http://127.0.0.1:\(address.port)", headers: ["Cookie": "jetbridge_session=\(session)"])
            try await live.send(#"{"subscribe_asks":true}"#)
            try await expectEqual(live.next()?["asks"], [])
            // Nothing is due yet.
            try await scene.checkLater(by: AccountChecks.interval - 1)
            try await expectEqual(Self.role(one), "member")
            try await scene.checkLater(by: 1)
            try await expectEqual(Self.role(one), nil)
            try await expectEqual(Self.role(other), nil)
            // The open connection ends.
            try await expectEqual(live.next(), nil)
            await live.close()
            try await expectEqual(Self.role(carol), "member")
            expectEqual(changes.withLock { $0.sorted() }, ["github:carol member", "github:octocat out"])
            try await expectEqual(scene.signIn(scene.browser()).status, 403)
            // Nobody was shut out for good.
            await scene.github.change("acme") { $0.members["octocat"] = .write }
            try await expectEqual(scene.signIn(scene.browser()).status, 302)
        }
    }

    @Test("while GitHub is away everybody keeps their role, for a day and no more")
    func away() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let browser = scene.browser()
            try await scene.signIn(browser)
            await scene.github.change("acme") { $0.teams = ["core": ["octocat"]] }
            await scene.github.inject(.answer(status: 503, body: "{}"), route: "GET /user", times: 100)
            for _ in 0..<23 {
                try await scene.checkLater()
                try await expectEqual(Self.role(browser), "member")
            }
            try await scene.checkLater()
            try await expectEqual(Self.role(browser), nil)
        }
    }

    @Test("a token that GitHub no longer accepts ends the sign-in")
    func revoked() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            try await scene.signIn(browser)
            for token in scene.github.tokens(of: "octocat") { await scene.github.revokeToken(token) }
            try await scene.checkLater()
            try await expectEqual(Self.role(browser), nil)
            await expectEqual(scene.tokens.refusedTokens.count, 1)
            try await expectEqual(scene.signIn(browser).status, 302)
        }
    }

    @Test("a login that changed hands inherits nothing, and a renamed account stays who it is")
    func changedHands() async throws {
        try await SignInScene.run { scene in
            let octocat = scene.browser()
            try await scene.signIn(octocat)
            await scene.github.rename("octocat", to: "monalisa")
            // Somebody else takes the name.
            let other = try await scene.signIn(scene.browser(), as: "octocat")
            #expect(other.status == 403 && other.text.contains("another account had this name"))
            try await scene.checkLater()
            try await expectEqual(Self.role(octocat), "owner")
            let again = scene.browser()
            try await expectEqual(scene.signIn(again, as: "monalisa").status, 302)
            try await expectEqual(again.get("/api/v1/me").json["identity"], "github:octocat")
        }
    }

    @Test("an owner can give a login's name to its new account, which finds nothing of the former one")
    func handedOver() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let owner = try await scene.harness.signedIn()
            let former = scene.browser()
            try await scene.signIn(former)
            let thread = try await former.send(.post, "/api/v1/threads", json: [:]).expect(201)["id"]?.stringValue
            await scene.github.rename("octocat", to: "monalisa")
            await scene.github.change("acme") { $0.members["octocat"] = nil }
            try await scene.checkLater()
            try await expectEqual(Self.role(former), nil)
            await scene.github.change("acme") { $0.members["octocat"] = .write }
            try await expectEqual(scene.signIn(scene.browser()).status, 403)
            try await expectEqual(scene.harness.bridge.access.remove("github:octocat", by: Self.owner).role, nil)
            try await expectEqual(scene.signIn(scene.browser()).status, 403)
            try await expectEqual(
                scene.harness.bridge.access.set(.member, of: "github:octocat", by: Self.owner).role, .member)
            // Still a stranger to everybody else.
            try await expectEqual(scene.signIn(scene.browser(), as: "mallory").status, 403)
            let new = scene.browser()
            try await expectEqual(scene.signIn(new).status, 302)
            try await expectEqual(new.get("/api/v1/me").json["identity"], "github:octocat")
            try await expectEqual(new.get("/api/v1/threads").json["items"], [])
            let id = try #require(thread)
            try await expectEqual(new.get("/api/v1/threads/\(id)").status, 404)
            try await expectEqual(owner.send(.get, "/api/v1/threads/\(id)").status, 200)
        }
    }

    private static let owner = Sender(id: "host:test", identities: [], displayName: "an owner")

    @Test("a removal ends every session at once and lasts, until an owner gives a role again")
    func removal() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let owner = try await scene.harness.signedIn()
            let (one, other) = (scene.browser(), scene.browser())
            try await scene.signIn(one)
            try await scene.signIn(other)
            let people = try await owner.send(.get, "/api/v1/people").json["items"]?.arrayValue ?? []
            let rows = people.filter { $0["identity"] == "github:octocat" }
            #expect(rows.count == 1 && rows[0]["way"] == "sign-in" && rows[0]["key"]?.isNull == true)
            let id = try #require(rows.first?["id"]?.stringValue)
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            try await expectEqual(Self.role(one), nil)
            try await expectEqual(Self.role(other), nil)
            // Not under another name either.
            await scene.github.rename("octocat", to: "monalisa")
            await scene.github.change("acme") { $0.members["monalisa"] = .write }
            let refused = try await scene.signIn(scene.browser(), as: "monalisa")
            #expect(refused.status == 403 && refused.text.contains("was taken away"))
            let document = try await owner.send(.get, "/api/v1/people").json
            expectEqual(document["removed"]?.arrayValue?.map { $0["identity"] }, ["github:octocat"])
            try await expectEqual(owner.send(.patch, "/api/v1/people/\(id)", json: ["role": "guest"]).status, 200)
            let back = scene.browser()
            try await expectEqual(scene.signIn(back, as: "octocat").status, 302)
            try await expectEqual(Self.role(back), "guest")
        }
    }

    @Test("an owner's change of a role lasts over the checks, but admits nobody by itself")
    func changedRole() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let owner = try await scene.harness.signedIn()
            let browser = scene.browser()
            try await scene.signIn(browser)
            let people = try await owner.send(.get, "/api/v1/people").json["items"]?.arrayValue ?? []
            let id = try #require(people.first { $0["identity"] == "github:octocat" }?["id"]?.stringValue)
            try await expectEqual(owner.send(.patch, "/api/v1/people/\(id)", json: ["role": "guest"]).status, 200)
            try await expectEqual(Self.role(browser), "guest")
            try await scene.checkLater()
            try await expectEqual(Self.role(browser), "guest")
            let again = scene.browser()
            try await scene.signIn(again)
            try await expectEqual(Self.role(again), "guest")
            await scene.github.change("acme") { $0.members["octocat"] = nil }
            try await scene.checkLater()
            try await expectEqual(Self.role(browser), nil)
        }
    }

    @Test("changed lists count at once, and removing an organisation ends its members' access")
    func changedLists() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let access = scene.harness.bridge.access
            let owner = try await scene.harness.signedIn()
            let (octocat, bob) = (scene.browser(), scene.browser())
            try await scene.signIn(octocat)
            try await scene.signIn(bob, as: "bob")
            try await access.replace(policy: AccessPolicy(guests: ["github:org/acme", "github:bob"]))
            try await access.reviewAccounts()
            try await expectEqual(Self.role(octocat), "guest")
            try await expectEqual(Self.role(bob), "guest")
            try await access.replace(policy: Self.lists)
            try await access.reviewAccounts()
            try await expectEqual(Self.role(octocat), "member")
            let people = try await owner.send(.get, "/api/v1/people").json["items"]?.arrayValue ?? []
            let id = try #require(people.first { $0["identity"] == "github:org/Acme" }?["id"]?.stringValue)
            try await expectEqual(owner.send(.delete, "/api/v1/people/\(id)").status, 204)
            try await expectEqual(Self.role(octocat), nil)
            try await expectEqual(Self.role(bob), "member")
        }
    }

    @Test(
        "what somebody shares stays while they only have to sign in again, and ends when nothing admits them any more")
    func shares() async throws {
        try await SignInScene.run(access: Self.lists) { scene in
            await Self.organize(scene)
            let access = scene.harness.bridge.access
            func publish(as login: String) async throws -> String {
                let browser = scene.browser()
                try await scene.signIn(browser, as: login)
                let thread = try await browser.send(.post, "/api/v1/threads", json: [:]).expect(201)["id"]?.stringValue
                let made = try await browser.send(
                    .post, "/api/v1/threads/\(thread ?? "")/shares", json: ["with": "public", "expires": "30d"]
                ).expect(201)
                return "/s/\(made["url"]?.stringValue?.split(separator: "/").last ?? "")"
            }
            func endSignIns() async throws {
                for login in ["octocat", "bob"] {
                    for token in scene.github.tokens(of: login) { await scene.github.revokeToken(token) }
                }
                try await scene.checkLater()
                try await expectEqual(access.signedInPeople().count, 0)
            }
            let pages = [try await publish(as: "octocat"), try await publish(as: "bob")]
            func statuses() async throws -> [Int] {
                var statuses: [Int] = []
                for page in pages { statuses.append(try await scene.browser().get(page).status) }
                return statuses
            }
            try await endSignIns()
            try await access.reviewAccounts()
            try await expectEqual(statuses(), [200, 200])
            try await expectEqual(scene.signIn(scene.browser()).status, 302)
            try await endSignIns()
            try await expectEqual(statuses(), [200, 200])
            // One leaves, which the next attempt to sign in shows; the other is taken off the lists.
            await scene.github.change("acme") { $0.members["octocat"] = nil }
            try await expectEqual(scene.signIn(scene.browser()).status, 403)
            try await expectEqual(statuses(), [404, 200])
            try await access.replace(policy: AccessPolicy(members: ["github:org/acme"]))
            try await access.reviewAccounts()
            try await expectEqual(statuses(), [404, 404])
        }
    }

    @Test("a provider that is configured no more admits nobody")
    func unconfigured() async throws {
        try await SignInScene.run { scene in
            let browser = scene.browser()
            try await scene.signIn(browser)
            let harness = scene.harness
            let checks = AccountChecks(
                providers: [], access: harness.bridge.access, now: { harness.clock.withLock { $0 } }, logger: .silent)
            _ = try await checks.check()
            try await expectEqual(Self.role(browser), nil)
        }
    }
}
