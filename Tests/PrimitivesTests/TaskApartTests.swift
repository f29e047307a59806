import Glibc
import Primitives
import TestSupport
import Testing

@Suite("a step in a task of its own")
struct TaskApartTests {
    private struct Mistake: Error {}

    @Test("it begins at once on the caller's thread, in another task, and its result is returned")
    func result() async throws {
        let caller = withUnsafeCurrentTask { $0?.hashValue }
        let thread = pthread_self()
        let (step, beganOn) = try await runApart { (withUnsafeCurrentTask { $0?.hashValue }, pthread_self()) }
        #expect(step != nil && step != caller)
        #expect(pthread_equal(beganOn, thread) != 0)
    }

    @Test("its error is the caller's")
    func failure() async {
        await #expect(throws: Mistake.self) { try await runApart { throw Mistake() } }
    }

    @Test("cancelling the caller cancels it")
    func cancellation() async throws {
        // Unstructured, to be cancelled from outside.
        let task = Task {
            try await runApart {
                try await Task.sleep(for: .seconds(600))
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

@Suite("a task that several wait for")
struct SharedTaskTests {
    private struct Mistake: Error {}

    @Test("a caller that is cancelled leaves, and the others have the result")
    func cancellation() async throws {
        let end = Signal()
        // Unstructured, as tasks are that outlive whoever began them.
        let shared = Task<Int, any Error> {
            await end.wait()
            return 7
        }
        // Unstructured, to be cancelled from outside.
        let leaving = Task { try await shared.sharedValue() }
        async let staying = shared.sharedValue()
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        #expect(!shared.isCancelled)
        end.signal()
        let value = try await staying
        #expect(value == 7)
    }

    @Test("its error is the caller's")
    func failure() async {
        // Unstructured, as above.
        let shared = Task<Int, any Error> { throw Mistake() }
        await #expect(throws: Mistake.self) { try await shared.sharedValue() }
    }
}

@Suite("a buffer that is kept for long")
struct SparingArrayTests {
    @Test("it holds what was appended, and at most an eighth or 512 bytes more")
    func capacity() {
        var bytes: [UInt8] = []
        var whole: [UInt8] = []
        for index in 0..<4_000 {
            let piece = Array("piece \(index) ".utf8)
            bytes.append(sparingly: piece)
            whole += piece
            // The allocator rounds sizes up.
            #expect(bytes.capacity <= bytes.count + max(512, bytes.count / 8) + 64)
        }
        expectEqual(bytes, whole)
    }
}
