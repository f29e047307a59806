import JSON
import Lifecycle
import TestSupport
import Testing

@testable import jetbridge

@Suite("Tasks without a host") struct TaskCacheTests {
    @Test("queued changes are seen as if they were sent, of listed and of new tasks")
    func applied() throws {
        var state = TaskCache.State()
        state.lists["notes"] = [["id": "T1", "state": "open"], ["id": "T2", "state": "open"]]
        func queue(_ task: String, _ body: JSONObject, before: JSON, in repository: String = "notes") {
            state.queue.append(
                .init(key: "k", repository: repository, task: task, base: nil, body: body, before: before))
        }
        queue("T2", ["state": "done"], before: ["id": "T2"])
        queue("+1", ["text": "New"], before: .null)
        queue("+1", ["owner": "ada"], before: ["id": "+1"])
        queue("T1", ["state": "done"], before: ["id": "T1"], in: "other")
        let tasks = state.tasks(of: "notes")
        #expect(tasks.map { $0["id"]?.stringValue } == ["T1", "T2", "+1"])
        #expect(tasks[0] == ["id": "T1", "state": "open"] && tasks[1]["state"] == "done")
        #expect(tasks[2]["text"] == "New" && tasks[2]["owner"] == "ada" && tasks[2]["waiting"] == true)
        #expect(state.task("t2", of: "notes")?["waiting"] == true && state.task("T9", of: "notes") == nil)
        #expect(state.queue.map(\.isNew) == [false, true, false, false])
    }

    @Test("a damaged file is neither taken for an empty one nor replaced")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        let cache = TaskCache(try DataDirectory(path: directory.path + "/data"))
        try cache.update { $0.lists["notes"] = [["id": "T1"]] }
        #expect(try cache.read().tasks(of: "notes") == [["id": "T1"]])
        try TestFile.write("{", to: directory.path + "/data/tasks.json")
        #expect(throws: CommandFailure.self) { try cache.read() }
        #expect(throws: CommandFailure.self) { try cache.update { $0.lists["notes"] = [] } }
        #expect(try RealGit(directory.path).shell("cat data/tasks.json") == "{")
    }
}
