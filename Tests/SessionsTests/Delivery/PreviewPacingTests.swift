import Chat
import Store
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("The pace of growing answers", .timeLimit(.minutes(1)))
struct PreviewPacingTests {
    private static func traits(
        _ capabilities: RoomTraits.Capabilities = .edits, interval: Duration = .milliseconds(1), limit: Int = 400,
        answerMessages: Int = 20
    ) -> RoomTraits {
        RoomTraits(
            capabilities: capabilities, textLimit: limit, textUnit: .bytes, editInterval: interval,
            answerMessages: answerMessages, excerptMessages: 1)
    }

    /// An answer in three parts: the first is posted, the edit with the second has just failed with `error`, and the
    /// third comes with the worker's next release.
    private static func refused(_ error: AdapterError) async throws -> BridgeHarness {
        let harness = try await BridgeHarness(
            traits: Self.traits(),
            worker: ScriptedWorker([
                .event(.text("One.")), .hold, .event(.text(" Two.")), .hold, .event(.text(" Three.")),
            ]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        harness.adapter.meetInEdits([.refused(error)])
        harness.worker.release()
        try await eventually("the fault is used") { harness.adapter.faultsLeft == 0 }
        return harness
    }

    @Test("an answer of many minutes makes about sixty edits of a message", arguments: [1, 3])
    func growth(seconds: Int) {
        #expect((0..<10).allSatisfy { EditPace.interval(after: $0, in: .seconds(seconds)) == .seconds(seconds) })
        var edits = 0
        var time = Duration.zero
        while time < .seconds(600) {
            edits += 1
            time += EditPace.interval(after: edits, in: .seconds(seconds))
        }
        #expect((40...62).contains(edits), "\(edits)")
    }

    @Test("a message that follows a full one does not inherit its longer wait")
    func nextMessage() {
        let now = ContinuousClock.now
        var preview = Self.preview(at: now)
        preview.isStale = false
        preview.rendered = DividedMessages(["one"])
        preview.did(.post("one"), at: now, interval: .seconds(1))
        preview.edits = [45]
        preview.rendered = DividedMessages(["one more"])
        preview.did(.edit(0, "one more"), at: now, interval: .seconds(1))
        expectEqual(preview.due, now + .seconds(16))
        preview.rendered = DividedMessages(["one, full", "two"])
        preview.did(.edit(0, "one, full"), at: now, interval: .seconds(1))
        expectEqual(preview.due, now + .seconds(1))
        expectEqual(preview.next(at: now), .post("two"))
    }

    @Test(
        "few first words wait for more, for half a second at most",
        arguments: [
            ("I", true), ("I see two good reasons for", false), ("I see two reasons fo", true), ("Thinking…", true),
            ("Donaudampfschifffahrtsgesellschaft", true), ("一二三四五六七八九十一二三四五六七八九十 ", false),
        ])
    func firstWords(text: String, waits: Bool) {
        let now = ContinuousClock.now
        let poster = AnswerPoster(traits: Self.traits(), renderer: PlainMarkdownRenderer())
        func due(draft: String? = nil, wordsDue: ContinuousClock.Instant? = now + .milliseconds(500)) -> Duration? {
            var preview = Preview(
                turn: "t", session: "s", route: Route(room: RoomID(adapter: AdapterID("fake:one"), name: "r")),
                poster: poster, draft: draft, due: now + .milliseconds(40), wordsDue: wordsDue)
            preview.answer = Array(text.utf8)
            return preview.nextDue.map { $0 - now }
        }
        expectEqual(due(), .milliseconds(waits ? 500 : 40))
        expectEqual(due(draft: "d"), .milliseconds(40))
        expectEqual(due(wordsDue: nil), .milliseconds(40))
    }

    @Test("previews and the final text are marked as such")
    func stages() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits(), worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        expectEqual(harness.adapter.posts.map(\.isFinal), [false])
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        expectEqual(harness.adapter.texts, ["One. Two."])
    }

    @Test("a final waits until an edit of its message is allowed, and no longer")
    func finalInterval() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits(interval: .milliseconds(600)),
            worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        let shown = ContinuousClock.now
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        // The post was made some time before this test saw it.
        #expect(ContinuousClock.now - shown > .milliseconds(200))
        expectEqual(harness.adapter.posts.first?.edits, 1)
    }

    @Test("where edits are counted rather than timed, a final is sent at once")
    func finalAtOnce() async throws {
        var traits = Self.traits(interval: .seconds(600))
        traits.finalInterval = .zero
        let harness = try await BridgeHarness(
            traits: traits, worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        expectEqual(harness.adapter.texts, ["One. Two."])
    }

    @Test("an answer that is complete before its first preview is due is one message without an edit")
    func previewDelay() async throws {
        var traits = Self.traits()
        traits.previewDelay = .seconds(600)
        let harness = try await BridgeHarness(
            traits: traits, worker: ScriptedWorker([.event(.text("One.")), .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts { $0.first?.isFinal == true }
        expectEqual(harness.adapter.posts.first?.edits, 0)
        expectEqual(harness.adapter.texts, ["One. Two."])
    }

    @Test("a preview that the adapter holds back delays no final")
    func heldBack() async throws {
        let harness = try await Self.refused(
            AdapterError(.rateLimited, "later", retryAfter: .seconds(600), isOwnPace: true))
        harness.worker.release()
        await harness.adapter.waitForText("One. Two. Three.")
    }

    @Test("messages overtake an edit that has to wait, but keep their order within a turn")
    func overtaking() async throws {
        let harness = try await BridgeHarness(traits: Self.traits(interval: .milliseconds(60)))
        let (lane, room) = (harness.lane(), harness.room)
        let grown = try await harness.adapter.post(OutgoingMessage(text: "Gr", route: Route(room: room), token: "t"))
        let items = try await harness.bridge.store.write { ledger in
            try [("a", "Grown."), ("a", "a's second."), ("b", "b's.")].map {
                try ledger.insertOutbox(
                    session: "s", turn: $0.0, kind: .final, route: Route(room: room), text: $0.1, at: 1)
            }
        }
        var edit = items[0]
        edit.reference = grown.id
        await lane.touch(grown.id)
        await lane.enqueue([edit, items[1], items[2]])
        await harness.adapter.waitForPosts(3)
        await lane.drain(until: .now + .seconds(5))
        expectEqual(harness.adapter.texts, ["Grown.", "b's.", "a's second."])
    }

    @Test("a throttled room waits exactly as long as the network says, then sends only the newest state")
    func rateLimited() async throws {
        let harness = try await Self.refused(AdapterError(.rateLimited, "later", retryAfter: .milliseconds(800)))
        let refused = ContinuousClock.now
        harness.worker.release()
        await harness.adapter.waitForText("One. Two. Three.")
        #expect(ContinuousClock.now - refused > .milliseconds(400))
        expectEqual(harness.adapter.posts.map(\.edits), [1])
        expectEqual(harness.adapter.posts.map(\.isFinal), [true])
    }

    private static let long = (1...9).map { "Paragraph number \($0) of nine." }.joined(separator: "\n\n")

    /// An answer whose second message was shown before the answer became too long.
    private func shortened(_ capabilities: RoomTraits.Capabilities, _ faults: [FakeAdapter.Fault] = []) async throws
        -> FakeAdapter
    {
        let harness = try await BridgeHarness(
            traits: Self.traits(capabilities, limit: 110, answerMessages: 2),
            worker: ScriptedWorker([
                .event(.text(String(Self.long.prefix(100)))), .hold, .event(.text(String(Self.long.dropFirst(100)))),
            ]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForPosts(2)
        harness.adapter.meetInDeletes(faults)
        harness.worker.release()
        await harness.adapter.waitForPosts { $0.contains { $0.text.hasPrefix("The whole answer: ") } }
        try await harness.settle()
        return harness.adapter
    }

    @Test("messages that the final text does not need are deleted")
    func removed() async throws {
        let adapter = try await self.shortened([.edits, .deletes])
        expectEqual(adapter.posts.count, 2)
        expectEqual(adapter.deleted, ["p2"])
        expectEqual(adapter.posts.first?.isFinal, true)
    }

    @Test("where nothing can be deleted they are emptied")
    func blanked() async throws {
        let adapter = try await self.shortened(.edits)
        expectEqual(adapter.posts.map(\.text).dropFirst().first, "·")
        #expect(adapter.deleted.isEmpty)
    }

    @Test("a message that may not be deleted is emptied; one that is already gone counts as deleted")
    func notRemoved() async throws {
        let refused = try await self.shortened(
            [.edits, .deletes], [.refused(AdapterError(.forbidden, "not yours"))])
        expectEqual(refused.posts.map(\.text).dropFirst().first, "·")
        let gone = try await self.shortened([.edits, .deletes], [.taken(AdapterError(.notFound, "gone"))])
        expectEqual(gone.posts.count, 2)
    }

    @Test("when the network no longer lets the growing message be changed, the final text becomes a new message")
    func uneditable() async throws {
        let harness = try await BridgeHarness(
            traits: Self.traits(), worker: ScriptedWorker([.event(.text("One.")), .hold, .event(.text(" Two."))]))
        _ = try await harness.ask("1")
        await harness.adapter.waitForText("One.")
        // The last preview of it may meet one of them.
        let fixed = FakeAdapter.Fault.refused(AdapterError(.uneditable, "too old"))
        harness.adapter.meetInEdits([fixed, fixed, fixed])
        harness.worker.release()
        await harness.adapter.waitForText("One. Two.")
        expectEqual(harness.adapter.texts, ["One.", "One. Two."])
    }

    static func preview(at now: ContinuousClock.Instant, draft: String? = nil) -> Preview {
        Preview(
            turn: "t", session: "s", route: Route(room: RoomID(adapter: AdapterID("fake:one"), name: "r")),
            poster: AnswerPoster(traits: Self.traits(), renderer: PlainMarkdownRenderer()), draft: draft, due: now)
    }
}

extension Lane {
    fileprivate func touch(_ reference: String) {
        self.state.pace.touch(reference, in: self.traits, at: .now)
    }
}
