import EventLoop
import Testing

@Suite("WaitList", .timeLimit(.minutes(1)))
@Net
struct WaitListTests {
    @Test("the one that has waited longest is woken first, all are woken at once")
    func order() async throws {
        let list = WaitList()
        var woken: [Int] = []
        var tasks: [Task<Void, any Error>] = []
        for number in 0..<5 {
            tasks.append(
                Task {
                    try await list.wait()
                    woken.append(number)
                })
        }
        while !tasks.isEmpty, woken.count < 2 {
            if !list.isEmpty { list.wakeFirst() }
            try await EventLoop.shared.sleep(for: .milliseconds(1))
        }
        list.wakeAll()
        for task in tasks { try await task.value }
        #expect(woken == [0, 1, 2, 3, 4])
        #expect(list.isEmpty)
    }

    @Test(
        "a wait under cancellation throws at once, a cancelled one when it is cancelled; a wake that came first counts")
    func cancel() async throws {
        let list = WaitList()
        let early = Task { try await list.wait() }
        early.cancel()
        await #expect(throws: CancellationError.self) { try await early.value }
        let late = Task { try await list.wait() }
        while list.isEmpty { await Task.yield() }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        #expect(list.isEmpty)
        let woken = Task { try await list.wait() }
        while list.isEmpty { await Task.yield() }
        list.wakeAll()
        woken.cancel()
        try await woken.value
    }

    @Test("ten thousand waits and wakes, some cancelled from other threads, lose nobody")
    func stress() async throws {
        let list = WaitList()
        var isOver = false
        var ended = 0
        var rounds = 0
        let tasks = (0..<64).map { _ in
            Task {
                defer { ended += 1 }
                while !isOver {
                    try await list.wait()
                    rounds += 1
                }
            }
        }
        let cancelling = Task.detached {
            for task in tasks.prefix(32) {
                await Task.yield()
                task.cancel()
            }
        }
        while rounds < 10_000 {
            list.wakeFirst()
            list.wakeFirst()
            await Task.yield()
        }
        await cancelling.value
        isOver = true
        while ended < 64 {
            list.wakeAll()
            await Task.yield()
        }
        for task in tasks { _ = await task.result }
        #expect(list.isEmpty)
    }
}
