import Chat
import HTTP
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Slack's calls in a minute")
struct SlackBudgetTests {
    @Test("a method's calls are limited as Slack limits them, and previews leave the last edits to finals")
    func edits() {
        var budget = SlackBudget()
        for second in 0..<40 { expectEqual(budget.take(.update, for: .preview, at: Int64(second)), 0) }
        let wait = budget.take(.update, for: .preview, at: 1_000)
        expectEqual(wait, 60_000)
        for _ in 0..<10 { expectEqual(budget.take(.update, at: 1_000), 0) }
        #expect(budget.take(.update, at: 1_000) > 0)
        expectEqual(budget.take(.update, at: 62_500), 0)
    }

    @Test("the more messages grow, the more calls are kept for their last edits")
    func promises() {
        var budget = SlackBudget()
        budget.openPreviews = 30
        var count = 0
        while budget.take(.update, for: .preview, at: 0) == 0 { count += 1 }
        expectEqual(count, 18)
        budget.openPreviews = 90
        #expect(budget.take(.update, for: .preview, at: 100_000) > 0)
    }

    @Test("Retry-After pauses only the method, and for posts only the channel")
    func pauses() {
        var budget = SlackBudget()
        budget.pause(.update, channel: "C1", for: 30_000, at: 0)
        budget.pause(.post, channel: "C1", for: 5_000, at: 0)
        expectEqual(budget.wait(.update, channel: "C2", at: 1_000), 29_000)
        expectEqual(budget.wait(.post, channel: "C1", at: 1_000), 4_000)
        expectEqual(budget.wait(.post, channel: "C2", at: 1_000), 0)
        expectEqual(budget.wait(.delete, at: 1_000), 0)
        expectEqual(budget.wait(.post, channel: "C1", at: 5_000), 0)
    }

    @Test("Retry-After pauses what reads for at most five minutes, and what writes for as long as Slack says")
    func longPauses() {
        var budget = SlackBudget()
        for method in [SlackMethod.authTest, .openConnection, .history, .replies, .memberships] {
            budget.pause(method, channel: nil, for: 3_600_000, at: 0)
            expectEqual(budget.wait(method, at: 0), 300_000)
            expectEqual(budget.wait(method, at: 300_000), 0)
        }
        budget.pause(.post, channel: "C1", for: 3_600_000, at: 0)
        expectEqual(budget.wait(.post, channel: "C1", at: 0), 3_600_000)
    }

    @Test(
        "a channel that accepts nothing differs from a message that is refused",
        arguments: [
            ("is_archived", true), ("is_inactive", true), ("channel_not_found", true), ("not_in_channel", true),
            ("restricted_action_read_only_channel", true), ("restricted_action_thread_locked", true),
            ("posting_to_general_channel_denied", true), ("thread_not_found", true), ("message_not_found", false),
            ("edit_window_closed", false), ("msg_too_long", false), ("missing_scope", false), ("ratelimited", false),
        ])
    func closedChannels(code: String, isOfRoom: Bool) {
        expectEqual(SlackFailure(code, "refused").adapterError.isOfRoom, isOfRoom)
    }

    @Test(
        "errors map to codes, even with status 200",
        arguments: [
            (#"{"ok":false,"error":"channel_not_found"}"#, 200, "notFound", true),
            (#"{"ok":false,"error":"not_in_channel"}"#, 200, "forbidden", true),
            (#"{"ok":false,"error":"is_archived"}"#, 200, "forbidden", true),
            (#"{"ok":false,"error":"msg_too_long"}"#, 200, "invalid", true),
            (#"{"ok":false,"error":"invalid_auth"}"#, 200, "unauthorized", true),
            (#"{"ok":false,"error":"token_revoked"}"#, 200, "unauthorized", true),
            (#"{"ok":false,"error":"missing_scope","needed":"chat:write"}"#, 200, "forbidden", true),
            (#"{"ok":false,"error":"rate_limited"}"#, 200, "rateLimited", true),
            (#"{"ok":false,"error":"message_limit_exceeded"}"#, 200, "rateLimited", true),
            (#"{"ok":false,"error":"fatal_error"}"#, 200, "disconnected", false),
            (#"{"ok":false,"error":"ratelimited"}"#, 429, "rateLimited", true), ("<html>", 502, "disconnected", false),
            ("<html>", 404, "invalid", true),
        ])
    func failures(body: String, status: Int, code: String, isCertain: Bool) throws {
        let failure = try #require(
            SlackFailure(
                method: "chat.postMessage", status: status, headers: ["Retry-After": "7"], answer: try? JSON.parse(body)
            ))
        expectEqual(failure.adapterError.code.rawValue, code)
        expectEqual(failure.adapterError.isCertain, isCertain)
        if status == 429 { expectEqual(failure.adapterError.retryAfter, .seconds(7)) }
        expectEqual(SlackFailure(method: "x", status: 200, headers: [:], answer: ["ok": true]), nil)
    }

    @Test("forged requests do not fill the log")
    func forgeries() {
        var forgeries = SlackForgeries()
        expectEqual(forgeries.note(at: 1_000), 1)
        #expect((2..<60).allSatisfy { forgeries.note(at: $0 * 1_000) == nil })
        expectEqual(forgeries.note(at: 61_000), 59)
        expectEqual(forgeries.note(at: 61_001), nil)
    }
}
