import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Gateway

/// Schedules over HTTP.
@Suite("Schedules over HTTP", .timeLimit(.minutes(1)))
struct ScheduleTests {
    private static let address = "/api/v1/schedules"

    @Test("somebody sets, lists, changes and cancels theirs, and nobody else does")
    func schedules() async throws {
        try await GatewayHarness.run { harness in
            let ada = try await harness.signedIn(.member, name: "Ada")
            let bob = try await harness.signedIn(.member, name: "Bob")
            let thread = try await ada.newThread()
            let new: JSON = [
                "thread_id": .string(thread), "schedule": "every weekday 09:00", "text": "What is new?",
                "zone": "Europe/Berlin",
            ]
            _ = try await bob.send(.post, Self.address, json: new).expect(404)
            let made = try await ada.send(.post, Self.address, json: new).expect(201)
            #expect(made["kind"] == "turn" && made["zone"] == "Europe/Berlin" && made["text"] == "What is new?")
            #expect(made["schedule"] == "every weekday 09:00" && made["next_at"]?.stringValue != nil)
            let item = "\(Self.address)/\(try #require(made["id"]?.stringValue))"
            try await expectEqual(ada.send(.get, Self.address).expect(200)["items"]?.arrayValue, [made])
            try await expectEqual(bob.send(.get, Self.address).expect(200)["items"]?.arrayValue, [])
            _ = try await bob.send(.delete, item).expect(404)
            _ = try await bob.send(.patch, item, json: ["text": "x"]).expect(404)

            let changed = try await ada.send(
                .patch, item, json: ["schedule": "every 2h", "text": "And now?", "zone": "Asia/Tokyo"]
            ).expect(200)
            #expect(
                changed["schedule"] == "every 2h" && changed["text"] == "And now?" && changed["zone"] == "Asia/Tokyo")
            for wrong: JSON in [
                ["schedule": "sometime"], ["schedule": "every 5m"], ["zone": "Nowhere"], ["text": "/every 2h x"],
                ["schedule": "on push main"],
            ] {
                try await expectEqual(ada.send(.patch, item, json: wrong).status, 422, "\(wrong)")
            }
            let once = try await ada.send(.patch, item, json: ["schedule": "in 20m"]).expect(200)
            #expect(once["next_at"]?.stringValue != changed["next_at"]?.stringValue)
            try await expectEqual(ada.send(.delete, item).status, 204)
            _ = try await ada.send(.delete, item).expect(404)
        }
    }

    @Test("a person's zone is that of their settings, and guests set reminders alone")
    func zone() async throws {
        try await GatewayHarness.run { harness in
            let gina = try await harness.signedIn(.guest, name: "Gina")
            let thread = try await gina.newThread()
            _ = try await gina.send(.patch, "/api/v1/settings", json: ["zone": "Nowhere"]).expect(422)
            let settings = try await gina.send(.patch, "/api/v1/settings", json: ["zone": "Asia/Tokyo"]).expect(200)
            #expect(settings["zone"] == "Asia/Tokyo")
            func new(_ schedule: String) -> JSON {
                ["thread_id": .string(thread), "schedule": .string(schedule), "text": "stretch"]
            }
            _ = try await gina.send(.post, Self.address, json: new("every day 09:00")).expect(403)
            let made = try await gina.send(.post, Self.address, json: new("tomorrow 9:00")).expect(201)
            #expect(made["kind"] == "remind" && made["zone"] == "Asia/Tokyo")
            #expect(made["schedule"]?.stringValue?.hasSuffix(" 09:00") == true)
        }
    }
}
