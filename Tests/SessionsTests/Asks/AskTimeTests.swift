import Chat
import TestSupport
import Testing

@testable import Delivery
@testable import Threads

@Suite("When asks end and were decided")
struct AskTimeTests {
    /// 2023-11-14 22:13:20 UTC.
    private static let asked: Int64 = 1_700_000_000_000

    private static func ask(lifetime: Int64 = 1_800_000, decidedAfter time: Int64? = nil, in directory: String = "/w")
        -> AskRecord
    {
        let bob = Sender(id: "fake:one/bob", identities: [], displayName: "bob")
        let request = ApprovalRequest(
            action: .run, subject: "make", directory: directory, tool: "run", approver: .ownersOnly)
        let end = Self.asked + lifetime
        return AskRecord(
            id: "a1", session: "s", turn: "op", kind: .approval,
            lead: AskTexts.lead([request], id: "a1", for: bob, until: end), tail: "", options: [], rule: .owners,
            requester: bob, bindings: [], question: nil, parked: nil, digest: "",
            route: Route(room: RoomID(adapter: AdapterID("fake:one"), name: "#team")), message: 1,
            createdAt: Self.asked, expiresAt: end, state: time == nil ? .open : .answered, answer: AskRecord.approve,
            decider: bob, decidedAt: time.map { Self.asked + $0 })
    }

    private static func message(_ ask: AskRecord, _ times: RoomTraits.Times, after time: Int64? = nil) -> AskMessage {
        AskMessage(
            ask: ask, traits: RoomTraits(capabilities: [.edits], textLimit: 4_000, textUnit: .bytes, times: times),
            renderer: PlainMarkdownRenderer(), at: time.map { Self.asked + $0 })
    }

    private static func end(_ texts: [String]?) -> String? { texts?.last?.split(separator: "\n").last.map(String.init) }

    @Test("a network that shows no times by each reader's clock gets a deadline as the time that is left")
    func deadlines() {
        func end(_ lifetime: Int64, after time: Int64? = nil) -> String? {
            Self.end(Self.message(Self.ask(lifetime: lifetime, in: ""), .relative, after: time).messages)
        }
        expectEqual(end(1_800_000), "Closes in 30 minutes.")
        // It is shown a moment later.
        expectEqual(end(1_800_000, after: 700), "Closes in 30 minutes.")
        expectEqual(end(1_800_000, after: 1_790_000), "Closes in 1 minute.")
        expectEqual(end(1_800_000, after: 1_900_000), "Closes in 1 minute.")
        expectEqual(end(3_600_000), "Closes in 60 minutes.")
        expectEqual(end(5 * 3_600_000), "Closes in 5 hours.")
        expectEqual(end(7 * 86_400_000), "Closes in 7 days.")
        expectEqual(Self.end(Self.message(Self.ask(), .relative).messages)?.hasSuffix(", closes in 30 minutes."), true)
        for times in [RoomTraits.Times.utc, .local] {
            expectEqual(
                Self.end(Self.message(Self.ask(), times).messages)?.hasSuffix("open until 2023-11-14 22:43:20 UTC."),
                true)
        }
    }

    @Test("`status` says until when an ask is open as its network shows times")
    func statusLines() {
        func end(_ times: RoomTraits.Times) -> String {
            let line = AskTexts.statusLine(Self.ask(), as: times, at: Self.asked + 60_000)
            return line.split(separator: ", ").last.map(String.init) ?? ""
        }
        expectEqual(end(.utc), "until 2023-11-14 22:43:20 UTC")
        expectEqual(end(.local), "until 2023-11-14 22:43:20 UTC (in 29 minutes)")
        expectEqual(end(.relative), "closes in 29 minutes")
    }

    @Test("an outcome says when, in full where each reader's clock shows it or the day is another one")
    func outcomes() {
        func outcome(_ times: RoomTraits.Times, after time: Int64 = 60_000) -> String? {
            Self.end(Self.message(Self.ask(decidedAfter: time), times).outcome.map { [$0] })
        }
        expectEqual(outcome(.utc), "Approved by bob, 22:14 UTC")
        expectEqual(outcome(.relative), "Approved by bob, 22:14 UTC")
        expectEqual(outcome(.local), "Approved by bob, 2023-11-14 22:14:20 UTC")
        expectEqual(outcome(.utc, after: 7_200_000), "Approved by bob, 2023-11-15 00:13:20 UTC")
        expectEqual(Self.ask(decidedAfter: 0).outcome, "Approved by bob")
    }

    @Test("what was counted from another time is not left above an outcome", arguments: ["", "/w"])
    func ended(directory: String) {
        let ask = Self.ask(decidedAfter: 60_000, in: directory)
        let shown = Self.message(ask, .relative).outcome ?? ""
        #expect(!shown.contains("closes in") && !shown.contains("pen until"))
        expectEqual(shown.contains("Directory `/w`.\n"), !directory.isEmpty)
        expectEqual(Self.message(ask, .utc).outcome?.contains("pen until 2023-11-14 22:43:20 UTC.\n"), true)
    }
}
