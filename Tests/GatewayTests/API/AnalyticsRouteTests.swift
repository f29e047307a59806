import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

@Suite("Analytics over HTTP", .timeLimit(.minutes(1)))
struct AnalyticsRouteTests {
    @Test("what the sums by hour and day lack is read for a year at most, the rest for longer")
    func year() async throws {
        try await GatewayHarness.run { harness in
            let caller = try await harness.signedIn(.guest)
            for (query, isAnswered) in [
                ("from=2020-01-01&by=model", true), ("from=2020-01-01&by=day", true),
                ("from=2020-01-01&zone=Asia/Kolkata", true), ("from=2025-01-01&by=tool", true),
                ("from=2025-01-01&by=day&zone=Asia/Kolkata", true), ("from=2020-01-01&by=tool", false),
                ("from=2020-01-01&by=thread", false), ("from=2020-01-01&by=persona", false),
                ("from=2020-01-01&by=day&zone=Asia/Kolkata", false),
            ] {
                let answer = try await caller.send(.get, "/api/v1/analytics?to=2026-01-01&\(query)")
                #expect(answer.status == (isAnswered ? 200 : 400), "\(query): \(answer.text)")
                #expect(isAnswered || answer.text.contains("At most a year"), "\(query): \(answer.text)")
            }
        }
    }
}
