import Chat
import JSON
import TestSupport
import Testing

@testable import Slack

@Suite("Times on Slack")
struct SlackTimeTests {
    @Test("what has buttons and ends at a time shows it by each reader's clock")
    func end() {
        let button = MessageButton(label: "Approve", command: "approve a1", style: .primary)
        let text = "Approval, open until 2023-11-14 22:18:20 UTC.\n\nA. Approve"
        let blocks = SlackBlocks.blocks(text, buttons: [button]).arrayValue ?? []
        expectEqual(blocks.map { $0["type"]?.stringValue }, ["markdown", "context", "actions"])
        expectEqual(
            blocks[1]["elements"]?[0]?["text"],
            "<!date^1700000300^Until {date_short_pretty} {time}|Until 2023-11-14 22:18:20 UTC>")
        expectEqual(SlackBlocks.blocks(text, buttons: []).arrayValue?.count, 1)
        expectEqual(SlackBlocks.blocks("At 2023-11-14 22:18:20 UTC", buttons: [button]).arrayValue?.count, 2)
    }

    @Test("who decided something, and when, is a block of its own with the time by each reader's clock")
    func decision() {
        let text = "Approval\n\nDenied by bob & \\*co\\*, 2023-11-14 22:18:20 UTC: at 2023-11-14 22:00:00 UTC, <!here>"
        let blocks = SlackBlocks.blocks(text, buttons: []).arrayValue ?? []
        expectEqual(blocks.map { $0["type"]?.stringValue }, ["markdown", "section"])
        expectEqual(blocks.first?["text"], "Approval")
        expectEqual(
            blocks.last?["text"]?["text"],
            "Denied by bob &amp; *co*, <!date^1700000300^{time}|22:18 UTC>: at 2023-11-14 22:00:00 UTC, &lt;!here&gt;")
        for other in [
            "Approved by bob, 2023-11-14 22:18:20 UTC", "x\n\nApproved by bob, 22:18 UTC",
            "x\n\nBuilt by bob, 2023-11-14 22:18:20 UTC", "x\n\nApproved by bob at 2023-11-14 22:18:20 UTC",
        ] {
            expectEqual(SlackBlocks.blocks(other, buttons: []).arrayValue?.map { $0["type"] }, ["markdown"])
        }
    }
}
