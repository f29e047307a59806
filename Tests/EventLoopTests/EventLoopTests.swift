import EventLoop
import Primitives
import TestSupport
import Testing

@Suite("EventLoop", .timeLimit(.minutes(1)))
struct EventLoopTests {
    @Test("isolated code runs on the loop's thread, other code does not")
    func isolation() async {
        #expect(!EventLoop.shared.isCurrent)
        #expect(await Self.isCurrentOnNet())
    }

    @Net private static func isCurrentOnNet() -> Bool { EventLoop.shared.isCurrent }

    @Test("no hop is lost among many tasks")
    func hops() async {
        let count = Protected(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<2_000 {
                        await Self.increment(count)
                        await Task.yield()
                    }
                }
            }
        }
        expectEqual(count.withLock { $0 }, 32_000)
    }

    @Net private static func increment(_ count: Protected<Int>) { count.withLock { $0 += 1 } }

    @Test("calls from one thread keep their order")
    func callOrder() async {
        let seen = Protected<[Int]>([])
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            for number in 0..<1_000 {
                EventLoop.shared.execute { seen.withLock { $0.append(number) } }
            }
            EventLoop.shared.execute { done.resume() }
        }
        expectEqual(seen.withLock { $0 }, Array(0..<1_000))
    }

    @Test("runIfNeeded runs immediately on the loop")
    @Net func runIfNeeded() {
        var ran = false
        EventLoop.shared.runIfNeeded { ran = true }
        #expect(ran)
    }
}
