import JSON
import Testing

@testable import jetbridge

@Suite("What a host answered of tasks") struct TaskCacheMemoryTests {
    @Test("is in the list that was read before")
    func remembered() {
        var state = TaskCache.State()
        state.lists["notes"] = [["id": "T1", "state": "open"], ["id": "T2", "state": "open"]]
        state.remember(["id": "T1", "state": "done"], of: "notes")
        state.remember(["id": "T3", "state": "open"], of: "notes")
        state.remember(["id": "T9"], of: "never read")
        #expect(state.tasks(of: "notes").compactMap { $0["state"]?.stringValue } == ["done", "open", "open"])
        #expect(state.lists.keys.sorted() == ["notes"])
    }
}
