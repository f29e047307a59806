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
        expectEqual(tasks.map { $0["id"]?.stringValue }, ["T1", "T2", "+1"])
        #expect(tasks[0] == ["id": "T1", "state": "open"] && tasks[1]["state"] == "done")
        #expect(tasks[2]["text"] == "New" && tasks[2]["owner"] == "ada" && tasks[2]["waiting"] == true)
        #expect(state.task("t2", of: "notes")?["waiting"] == true && state.task("T9", of: "notes") == nil)
        expectEqual(state.queue.map(\.isNew), [false, true, false, false])
    }

    @Test("an unknown repository or task is an error that says what there is")
    func unknown() async throws {
        let path = try TemporaryDirectory()
        try TestFile.write(
            "repositories: [{name: notes, path: notes}, {name: app, path: app}]\n", to: path.path + "/jetbridge.yaml")
        let place = ["--offline", "--config", path.path + "/jetbridge.yaml", "--data-dir", path.path + "/data"]
        func run(_ words: [String]) async -> ProgramResult { await jetbridgeTests.run(["tasks"] + words + place) }
        for words in [["list"], ["show", "T1"], ["add", "New"]] {
            let result = await run(words + ["--repository", "nope"])
            #expect(result.status == .failed && result.output.isEmpty)
            #expect(result.errors.hasSuffix("jetbridge: there is no repository nope: choose one of notes, app\n"))
        }
        for words in [["show", "T99"], ["done", "T99"]] {
            let result = await run(words)
            #expect(result.status == .failed && result.output.isEmpty)
            #expect(result.errors.contains("'T99' is not in the list that was read last"))
            #expect(result.errors.hasSuffix("'jetbridge tasks list' lists the tasks.\n"))
        }
        await expectEqual(run(["list", "--repository", "app"]).status, .done)
    }

    @Test("a host's answer about an unknown task gets what to do; others have it")
    func answers() {
        func text(_ detail: String, _ status: Int = 404) -> String? {
            TasksRun.failure((status, ["detail": .string(detail)]), of: "T99").message
        }
        let unknown = "There is no task T99 in docs/TASKS.md."
        expectEqual(text(unknown), unknown + " 'jetbridge tasks list' lists the tasks.")
        let repository = "There is no repository nope: choose one of notes."
        #expect(text(repository) == repository && text("Busy.", 409) == "Busy.")
    }

    @Test("a damaged file is neither taken for an empty one nor replaced")
    func damaged() throws {
        let directory = try TemporaryDirectory()
        let cache = TaskCache(try DataDirectory(path: directory.path + "/data"))
        try cache.update { $0.lists["notes"] = [["id": "T1"]] }
        try expectEqual(cache.read().tasks(of: "notes"), [["id": "T1"]])
        try TestFile.write("{", to: directory.path + "/data/tasks.json")
        #expect(throws: CommandFailure.self) { try cache.read() }
        #expect(throws: CommandFailure.self) { try cache.update { $0.lists["notes"] = [] } }
        try expectEqual(RealGit(directory.path).shell("cat data/tasks.json"), "{")
    }

    @Test("what a host answered of tasks is in the list that was read before")
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
