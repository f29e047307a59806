import EventLoop
import HTTP
import HTTPClient
import JSON
import Logging
import Primitives
import TestSupport
import Testing

@testable import Extensions

/// Calls of a server that wants an account.
@Suite(.timeLimit(.minutes(2))) struct SignedInCallTests {
    private static func desk(_ scene: AuthorizationScene, headers: [String: Secret] = [:]) -> ExtensionDesk {
        let needs = ExtensionSignInNeeds()
        let settings = ExtensionSettings(name: "notes", way: .remote(scene.address, headers: headers))
        return ExtensionDesk(
            [settings], store: scene.store, needs: needs, now: WallClock.now, logger: Logger(label: "test")
        ) { settings in
            ExtensionServer(
                settings: settings, jails: { await ServerScene.means() }, http: HTTPClient(),
                signIn: scene.signIn { needs.note("notes") }, logger: Logger(label: "test"))
        }
    }

    @Test func aRefusedCallWorksOnceAnOwnerHasOpenedThePage() async throws {
        try await AuthorizationScene.run { scene in
            let desk = Self.desk(scene)
            _ = desk.takeDue()
            for _ in 0..<2 {
                let failure = try await ServerScene.failure { try await desk.check("notes") }
                #expect(failure.kind == .unauthorized)
                #expect(failure.description.contains("An owner has to sign in"), "\(failure)")
            }
            let page = try #require(await desk.takeSignInPages().first)
            // Its page is still good.
            _ = try await ServerScene.failure { try await desk.check("notes") }
            #expect(await desk.takeSignInPages().isEmpty)

            let answer = try await scene.agree(at: page)
            #expect(await desk.finishSignIn(at: "other", answer) == nil)
            #expect(await desk.finishSignIn(at: "notes", answer)?.isDone == true)
            #expect(desk.takeDue() == ["notes"])
            #expect(try await desk.check("notes").offer.tools.map(\.name) == ["note"])
            let server = try #require(desk.server("notes"))
            #expect(try await server.call("note", ["text": "a"], for: ServerScene.caller).text == "Noted: a")

            // The token is renewed within the call.
            scene.ahead.withLock { $0 += 120_000 }
            try await scene.ask("end-access")
            #expect(try await server.call("note", ["text": "b"], for: ServerScene.caller).text == "Noted: b")
            #expect(try await scene.count("refreshes") == 1)

            scene.ahead.withLock { $0 += 120_000 }
            try await scene.ask("end")
            let failure = try await ServerScene.failure {
                try await server.call("note", ["text": "c"], for: ServerScene.caller)
            }
            #expect(failure.kind == .unauthorized)
            #expect(await desk.takeSignInPages().map(\.server) == ["notes"])
            await desk.stop()
        }
    }

    @Test func aHeaderOfTheEntryStandsInThePlaceOfAnAccount() async throws {
        try await AuthorizationScene.run { scene in
            _ = try await scene.signedIn()
            let desk = Self.desk(scene, headers: ["authorization": Secret("Bearer wrong-one")])
            let failure = try await ServerScene.failure { try await desk.check("notes") }
            #expect(failure.kind == .unauthorized && failure.description.contains("Set `headers`"))
            #expect(await desk.takeSignInPages().isEmpty)
            await desk.stop()
        }
    }
}
