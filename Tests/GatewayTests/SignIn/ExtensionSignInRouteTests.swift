import HTTP
import JSON
import Primitives
import TestSupport
import Testing

@testable import Gateway

@Suite("Sign-ins of extensions", .timeLimit(.minutes(1)))
struct ExtensionSignInRouteTests {
    private static func run(_ body: (GatewayHarness) async throws -> Void) async throws {
        try await GatewayHarness.run(settings: { settings in
            settings.extensionSignIns = ExtensionSignIns(
                finish: { name, answer in
                    guard name == "notes" else { return nil }
                    let isDone = answer["state"] == "s" && answer["code"] == "c&d"
                    return .init(isDone: isDone, text: isDone ? "notes is signed in." : "No <b>code</b> came.")
                }, document: { $0 == "notes" ? ["client_name": "Jetbridge"] : nil })
        }) { harness in try await body(harness) }
    }

    @Test("the page says what became of it, and nobody else learns the code")
    func pages() async throws {
        try await Self.run { harness in
            let caller = harness.anybody
            let done = try await caller.send(.get, "/api/v1/extensions/notes/callback?state=s&code=c%26d&extra=1")
            expectEqual(done.status, 200)
            #expect(done.text.contains("notes is signed in."))
            expectEqual(done.headers["Referrer-Policy"], "no-referrer")
            expectEqual(done.headers["Cache-Control"], "no-store")
            let failed = try await caller.send(.get, "/api/v1/extensions/notes/callback?error=access_denied")
            expectEqual(failed.status, 400)
            #expect(failed.text.contains("No &lt;b&gt;code"))
        }
    }

    @Test("the host's client document is public, and other names are not found")
    func names() async throws {
        try await Self.run { harness in
            let caller = harness.anybody
            let document = try await caller.send(.get, "/api/v1/extensions/notes/client").expect(200)
            expectEqual(document, ["client_name": "Jetbridge"])
            for path in ["other/callback?state=s", "other/client"] {
                expectEqual(try await caller.send(.get, "/api/v1/extensions/\(path)").status, 404)
            }
        }
    }
}
