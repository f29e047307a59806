import Chat
import Primitives
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

/// Answers that grow by edits, when the network's response is lost.
@Suite("Lost previews", .timeLimit(.minutes(1)))
struct LostPreviewTests {
    private static let traits = RoomTraits(
        capabilities: [.edits], textLimit: 400, textUnit: .bytes, editInterval: .milliseconds(1))
    private static let lost = FakeAdapter.Fault.taken(AdapterError(.timedOut, "no answer", isCertain: false))
    private static let refused = FakeAdapter.Fault.refused(AdapterError(.timedOut, "no answer", isCertain: false))

    @Test("a preview of unknown outcome is not posted again unmarked: the final text carries the mark")
    func lostPreview() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker([
                .event(.text("Begun ")), .hold, .event(.text("and on ")), .event(.text("to the end.")),
            ]))
        harness.adapter.meet([Self.lost])
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("Begun")
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts, ["Begun", TurnTexts.repeatMark + "Begun and on to the end."])
    }

    @Test("a preview that was being sent when the process died becomes the message with the rest of the answer")
    func previewCutByAnEnd() async throws {
        let directory = try TemporaryDirectory()
        let first = try await BridgeHarness(
            directory: directory, traits: Self.traits, worker: ScriptedWorker([.event(.text("Begun")), .hold]))
        first.adapter.setHolding(true)
        let submission = try #require(try await first.ask("1"))
        try await eventually("the preview is in the outbox") {
            try await !first.bridge.store.read { ledger in
                try ledger.outbox(ofTurn: submission.operation).isEmpty
            }
        }
        let second = try await BridgeHarness(directory: directory, traits: Self.traits)
        await second.adapter.waitForPosts(2)
        expectEqual(second.adapter.texts.first, TurnTexts.repeatMark + "Begun")
        expectEqual(second.adapter.texts.last?.hasPrefix("Interrupted"), true)
        expectEqual(second.adapter.texts.count, 2)
    }

    @Test("when the second message of a preview is lost, the first is still replaced in place")
    func lostSecondMessage() async throws {
        let first = String(repeating: "word ", count: 70)
        let harness = try await BridgeHarness(
            traits: Self.traits,
            worker: ScriptedWorker(
                [
                    .event(.text("First.")), .hold, .event(.text("\n\n\(first)\n\n\(first)")), .hold,
                    .event(.text("end.")),
                ]))
        let submission = try #require(try await harness.ask("1"))
        await harness.adapter.waitForText("First.")
        harness.adapter.meet([Self.refused])
        harness.worker.release()
        try await eventually("the fault is used") { harness.adapter.faultsLeft == 0 }
        harness.worker.release()
        _ = try await harness.frames(of: submission.operation)
        await harness.adapter.waitForPosts(2)
        let texts = harness.adapter.texts
        expectEqual(texts.count, 2)
        #expect(texts.first?.hasPrefix("First.") == true && texts.first?.contains("word") == true)
        #expect(texts.last?.hasPrefix(TurnTexts.repeatMark) == true && texts.last?.hasSuffix("end.") == true)
    }

    @Test("a lost preview that the network can find is replaced in place")
    func foundPreview() async throws {
        let harness = try await BridgeHarness(traits: Self.traits)
        let network = FindingAdapter(harness.adapter)
        let room = RoomID(adapter: network.id, name: "#team")
        let lane = Lane(
            room: room, adapter: network, store: harness.bridge.store,
            environment: harness.bridge.environment, reactions: harness.bridge.lanes.reactions)
        let route = Route(room: room)
        harness.adapter.meet([
            .taken(AdapterError(.timedOut, "no answer", retryAfter: .milliseconds(1), isCertain: false))
        ])
        let item = try await harness.bridge.store.write { ledger in
            let item = try ledger.insertOutbox(
                session: "s", turn: "t", kind: .preview, route: route, text: "Begun", at: 1)
            try ledger.setOutbox(item.id, .failed, at: 1)
            return item
        }
        await #expect(throws: AdapterError.self) {
            try await network.post(OutgoingMessage(text: "Begun", route: route, token: item.token))
        }
        let final = try await harness.bridge.store.write { ledger in
            try ledger.finishPreviews(ofTurn: "t", with: ["Begun and ended."], surplus: .kept).finals
        }
        await lane.enqueue(final)
        await harness.adapter.waitForText("Begun and ended.")
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.texts, ["Begun and ended."])
    }

    @Test("a refused search leads to a marked repeat; a failed one is retried")
    func refusedSearch() async throws {
        let harness = try await BridgeHarness(traits: Self.traits)
        let network = FindingAdapter(
            harness.adapter,
            failures: [
                AdapterError(.disconnected, "no connection", retryAfter: .seconds(600)),
                AdapterError(.forbidden, "no right to read"),
            ])
        let (lane, item) = try await Self.unknown(network, harness)
        await lane.enqueue([item])
        // The failed search waits; after a restart the outcome would still be unknown.
        try await eventually("the lane pauses") { await lane.isPausing }
        let kept = try await harness.bridge.store.read { ledger in
            try ledger.openOutbox(of: harness.room, after: 0, limit: 1)
        }
        expectEqual(kept.first?.state, .unknown)
        await lane.wake()
        await harness.adapter.waitForText(TurnTexts.repeatMark + "Whole.")
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.posts.count, 1)
        expectEqual(network.searches, 2)
    }

    @Test("a search that keeps failing on a connected network leads to a marked repeat")
    func vainSearch() async throws {
        var settings = BridgeSettings(publicURL: "http://127.0.0.1:8787")
        settings.searchLimit = .milliseconds(1)
        let harness = try await BridgeHarness(traits: Self.traits, settings: settings)
        let failure = AdapterError(.disconnected, "HTTP 500", retryAfter: .milliseconds(1))
        let network = FindingAdapter(harness.adapter, failures: [failure, failure, failure])
        let (lane, item) = try await Self.unknown(network, harness)
        await lane.enqueue([item])
        await harness.adapter.waitForText(TurnTexts.repeatMark + "Whole.")
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.posts.count, 1)
        expectEqual(network.searches, 2)
    }

    /// A final message that may have been sent, and the lane of its room.
    private static func unknown(_ network: FindingAdapter, _ harness: BridgeHarness) async throws -> (Lane, OutboxItem)
    {
        let store = harness.bridge.store
        let lane = Lane(
            room: harness.room, adapter: network, store: store, environment: harness.bridge.environment,
            reactions: harness.bridge.lanes.reactions)
        let route = Route(room: harness.room)
        var item = try await store.write { ledger in
            let item = try ledger.insertOutbox(
                session: "s", turn: "t", kind: .final, route: route, text: "Whole.", at: 1)
            try ledger.setOutbox(item.id, .unknown, at: 1)
            return item
        }
        item.state = .unknown
        return (lane, item)
    }
}
