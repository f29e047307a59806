import EventLoop
import HTTP
import Primitives
import Store
import Testing

@testable import Extensions

/// Against an authorization server by the official SDK.
@Suite(.timeLimit(.minutes(2))) struct ExtensionSignInTests {
    @Test func anOwnerSignsTheHostIn() async throws {
        try await AuthorizationScene.run("read write") { scene in
            let signIn = scene.signIn()
            #expect(try await signIn.authorization() == nil)
            let first = try await scene.call(nil)
            #expect(first.status == 401)
            #expect(try await !signIn.refused(first.status, first.challenges, sent: nil))
            #expect(scene.asked.withLock { $0 } == 1)

            let page = try await signIn.begin()
            #expect(page.host == scene.base.authority)
            #expect(page.scope == "read write")
            #expect(page.address.contains("&code_challenge_method=S256&"))
            let answer = try await scene.agree(at: page)
            let result = await signIn.finish(answer)
            #expect(result == .init(isDone: true, text: "notes is signed in, for everyone who may use it here."))
            #expect(try await scene.call(signIn.authorization()).status == 200)

            // A state works once.
            #expect(await !signIn.finish(answer).isDone)
            // Another start of the host finds the tokens, another registration is not needed.
            let restarted = scene.signIn()
            #expect(try await scene.call(restarted.authorization()).status == 200)
            #expect(await restarted.finish(try await scene.agree(at: restarted.begin())).isDone)
            #expect(try await scene.count("registrations") == 1)
        }
    }

    @Test func tokensAreRenewedOnceForAllCallsOfAllHosts() async throws {
        try await AuthorizationScene.run { scene in
            let hosts = [try await scene.signedIn(), scene.signIn(), scene.signIn()]
            let old = try await hosts[1].authorization()
            scene.passAnHour()
            let headers = try await withThrowingTaskGroup(of: Secret?.self) { group in
                for index in 0..<12 { group.addTask { try await hosts[index % 3].authorization() } }
                return try await group.reduce(into: Set<Secret?>()) { $0.insert($1) }
            }
            #expect(headers.count == 1 && headers != [old])
            #expect(try await scene.call(headers.first ?? nil).status == 200)
            #expect(try await scene.count("refreshes") == 1)
            scene.passAnHour()
            #expect(try await scene.call(hosts[2].authorization()).status == 200)
            #expect(try await scene.count("replays") == 0)
        }
    }

    @Test func aRefusedTokenIsRenewedAndARefusedSignInAsksAgain() async throws {
        try await AuthorizationScene.run { scene in
            let signIn = try await scene.signedIn()
            let old = try await signIn.authorization()
            scene.ahead.withLock { $0 += 120_000 }
            try await scene.ask("end-access")
            let first = try await scene.call(old)
            #expect(first.status == 401)
            #expect(try await signIn.refused(first.status, first.challenges, sent: old))
            let new = try await signIn.authorization()
            #expect(try await scene.call(new).status == 200)
            // Whoever sent the old one meanwhile needs no further renewal.
            #expect(try await signIn.refused(401, first.challenges, sent: old))
            #expect(try await scene.count("refreshes") == 1)

            scene.ahead.withLock { $0 += 120_000 }
            try await scene.ask("end")
            let asked = scene.asked.withLock { $0 }
            #expect(try await !signIn.refused(401, first.challenges, sent: new))
            #expect(scene.asked.withLock { $0 } > asked)
            #expect(try await signIn.authorization() == nil)
            #expect(await signIn.finish(try await scene.agree(at: signIn.begin())).isDone)
            #expect(try await scene.call(signIn.authorization()).status == 200)
        }
    }

    @Test func aTokenThatIsRefusedAtOnceIsNotRenewedForEver() async throws {
        try await AuthorizationScene.run { scene in
            let signIn = try await scene.signedIn()
            #expect(try await !signIn.refused(401, [], sent: signIn.authorization()))
            #expect(try await scene.count("refreshes") == 0)
            #expect(try await signIn.authorization() == nil)
        }
    }

    @Test func missingRightsAreAskedForBesidesTheOldOnesTwice() async throws {
        try await AuthorizationScene.run("read write") { scene in
            let signIn = try await scene.signedIn(OAuthSettings(scope: "read"))
            let token = try await signIn.authorization()
            let answer = try await scene.call(token)
            #expect(answer.status == 403)
            #expect(try await !signIn.refused(answer.status, answer.challenges, sent: token))
            let page = try await signIn.begin()
            #expect(page.scope == "read write")
            #expect(await signIn.finish(try await scene.agree(at: page)).isDone)
            #expect(try await scene.call(signIn.authorization()).status == 200)

            // The first registration was only for the old ones.
            #expect(try await scene.count("registrations") == 2)

            let asked = scene.asked.withLock { $0 }
            for _ in 0..<3 { #expect(try await !signIn.refused(403, answer.challenges, sent: token)) }
            #expect(scene.asked.withLock { $0 } == asked + 1)
        }
    }

    @Test func tokensAreSealedAndBoundToTheAddress() async throws {
        try await AuthorizationScene.run { scene in
            let signIn = try await scene.signedIn()
            let token = try #require(try await signIn.authorization()).reveal().dropFirst("Bearer ".count)
            let sealed = try await scene.store.read { try $0.extensionSignIn("tokens of notes") ?? [] }
            #expect(sealed.count > 100 && !String(decoding: sealed, as: UTF8.self).contains(token))
            #expect(try await scene.signIn(key: 2).authorization() == nil)
            #expect(try await scene.signIn("other").authorization() == nil)
            #expect(try await scene.signIn(at: scene.base.adding(path: "other")).authorization() == nil)
            #expect(try await signIn.signOut())
            #expect(try await scene.signIn().authorization() == nil)
        }
    }

    @Test func whatComesBackMustFitTheSignIn() async throws {
        try await AuthorizationScene.run { scene in
            let signIn = scene.signIn()
            for (name, value, text) in [
                ("state", String(repeating: "a", count: 43), "This sign-in is no longer valid"),
                ("iss", "https://evil.example.org", "the answer comes from another authorization server"),
                ("code", "a b", "no usable code came back"),
                ("code", "guessed", "did not take the code (invalid_grant)"),
                ("error", "access_denied", "The sign-in was cancelled there."),
            ] {
                var answer = try await scene.agree(at: signIn.begin())
                answer.items.removeAll { $0.name == name }
                answer.append(name, value)
                let result = await signIn.finish(answer)
                #expect(!result.isDone && result.text.contains(text), "\(result.text)")
            }
            let other = scene.signIn("other")
            #expect(await !other.finish(try await scene.agree(at: signIn.begin())).isDone)
            let late = try await scene.agree(at: signIn.begin())
            scene.ahead.withLock { $0 += ExtensionSignIn.patience }
            #expect(await !signIn.finish(late).isDone)
            #expect(try await signIn.authorization() == nil)
        }
    }

    @Test func aServerWithoutMetadataTrustsItsOwnOrigin() async throws {
        try await AuthorizationScene.run { scene in
            let configured = scene.signIn(
                at: scene.base.adding(path: "other"), with: OAuthSettings(clientID: "nobody", clientSecret: Secret("x"))
            )
            let page = try await configured.begin()
            #expect(page.address.contains("client_id=nobody"))
            await #expect(throws: AuthorizationScene.Failure.self) { try await scene.agree(at: page) }
        }
    }
}
