import Primitives
import TestSupport
import Testing

@Suite("Primitives")
struct PrimitivesTests {
    @Test("a secret is shown only by reveal()")
    func secretIsNotPrinted() {
        let secret = Secret("tops3cret")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped) \([secret])".contains("tops3cret"))
        expectEqual(secret.reveal(), "tops3cret")
    }

    @Test("a lock keeps counts exact", .timeLimit(.minutes(1)))
    func protectedCounts() async {
        let count = Protected(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1_000 { count.withLock { $0 += 1 } } } }
        }
        expectEqual(count.withLock { $0 }, 8_000)
    }

    private actor Owner {
        private let executor: ThreadExecutor
        private var calls = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

        init(_ executor: ThreadExecutor) { self.executor = executor }

        func call() -> Int {
            self.executor.preconditionIsolated()
            self.calls += 1
            return self.calls
        }
    }

    @Test("an actor with a thread executor runs every call on its thread", .timeLimit(.minutes(1)))
    func threadExecutorRunsJobs() async {
        let executor = ThreadExecutor(name: "test")
        let owner = Owner(executor)
        for expected in 1...100 { await expectEqual(owner.call(), expected) }
        executor.stop()
    }
}
