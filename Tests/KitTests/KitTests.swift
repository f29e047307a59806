import Chat
import Kit
import Markdown
import Primitives
import TestSupport
import Testing

@Suite("Adapter kit", .timeLimit(.minutes(1)))
struct KitTests {
    @Test(
        "A memory file keeps the last saved bytes, and saving to a missing directory fails", arguments: [false, true])
    func memoryFile(isFlushed: Bool) async throws {
        let directory = try TemporaryDirectory()
        let store = MemoryStore.file(directory.path + "/net.memory", isFlushed: isFlushed)
        await expectEqual(store.load(), nil)
        #expect(await store.save(Array("seen 1\n".utf8)))
        #expect(await store.save(Array("seen 2\n".utf8)))
        await expectEqual(store.load(), Array("seen 2\n".utf8))
        #expect(await !MemoryStore.file(directory.path + "/missing/net.memory").save([1]))
    }

    @Test("A recent map keeps the latest entries up to its capacity, and never more than twice as many")
    func recent() {
        var map = RecentMap<Int, Int>(capacity: 100)
        for key in 0..<1_000 { map[key] = key }
        for key in 900..<1_000 { expectEqual(map[key], key) }
        #expect((0..<1_000).count { map[$0] != nil } <= 200)
        map[999] = nil
        expectEqual(map[999], nil)
    }

    @Test("A room's title is one short line")
    func roomTitle() {
        expectEqual(RoomTitle.of("  Dev\n\tteam "), "Dev team")
        expectEqual(RoomTitle.of(" \n"), nil)
        expectEqual(RoomTitle.of(nil), nil)
        expectEqual(RoomTitle.of("a" + String(repeating: "\u{301}", count: 1_000_000))?.utf8.count ?? 0 <= 100, true)
    }

    @Test("A status keeps its time while the state lasts, and its reason while reconnecting")
    func status() {
        var status = AdapterStatus(state: .down, since: 1)
        status.change(to: .down, detail: "refused", at: AdapterTime(monotonic: 0, wall: 2))
        expectEqual(status, AdapterStatus(state: .down, since: 1, detail: "refused"))
        status.change(to: .connecting, detail: nil, keepsReason: true, at: AdapterTime(monotonic: 0, wall: 3))
        expectEqual(status, AdapterStatus(state: .connecting, since: 3, detail: "refused"))
        status.change(to: .up, detail: nil, keepsReason: true, at: AdapterTime(monotonic: 0, wall: 4))
        expectEqual(status, AdapterStatus(state: .up, since: 4))
    }

    private struct StoreIsFull: Error {}

    @Test("A failing operation is retried with doubled delays until it succeeds")
    func stored() async throws {
        var tries = 0
        var delays: [Duration] = []
        let result = try await persistently(first: .milliseconds(1), longest: .milliseconds(3)) {
            tries += 1
            if tries < 5 { throw StoreIsFull() }
            return tries
        } mayRetry: { _, failures, delay in
            expectEqual(failures, tries)
            delays.append(delay)
            return true
        }
        expectEqual(result, 5)
        expectEqual(delays, [1, 2, 3, 3].map { .milliseconds($0) })
    }

    @Test("Retries end when the caller says so, and on cancellation")
    func givenUp() async throws {
        let result: Int? = try await persistently(longest: .seconds(1)) {
            throw StoreIsFull()
        } mayRetry: { _, _, _ in
            false
        }
        expectEqual(result, nil)
        await #expect(throws: CancellationError.self) {
            try await persistently(longest: .seconds(1)) {
                throw CancellationError()
            } mayRetry: { _, _, _ in
                true
            }
        }
    }

    @Test("A watch wakes at its deadline, even if the deadline moves earlier")
    func watch() async {
        let watch = DeadlineWatch()
        let deadline = Protected<Int64?>(nil)
        let expiries = Protected(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await watch.run(until: { expiries.withLock { $0 } == 2 }) {
                    deadline.withLock { $0 }
                } expire: {
                    expiries.withLock { $0 += 1 }
                    // Far in the future, until the test moves it.
                    deadline.withLock { $0 = AdapterTime.now.monotonic + 1_000_000 }
                }
            }
            for expected in 1...2 {
                let now = AdapterTime.now.monotonic
                deadline.withLock { $0 = now + 20 }
                watch.note(now + 20)
                while expiries.withLock({ $0 }) < expected { try? await Task.sleep(for: .milliseconds(1)) }
                #expect(AdapterTime.now.monotonic >= now + 20)
            }
            watch.wake()
        }
        expectEqual(expiries.withLock { $0 }, 2)
    }

    @Test("A margin has one form for the first line and another for later lines")
    func margins() {
        var margins: [Margin] = [.quotation, .item(number: 12, task: .done)]
        var lines: [UInt8] = []
        for text in ["a\n", "b\n"] {
            margins.write(to: &lines)
            lines += text.utf8
        }
        expectEqual(String(decoding: lines, as: UTF8.self), "> 12. [x] a\n>     b\n")
        expectEqual(Margin.item(number: nil, task: .open).first, Array("- [ ] ".utf8))
    }

    @Test(
        "Control characters have a length, other characters have length 0",
        arguments: [
            ("\u{1F}", 1), ("\u{7F}", 1), ("\u{85}", 2), ("\u{2028}", 3), ("\u{2029}", 3), ("a", 0), ("é", 0), ("“", 0),
            ("\u{A0}", 0),
        ])
    func control(text: String, length: Int) {
        expectEqual(controlLength(text.utf8Span.span, at: 0), length)
    }
}
