import JSON
import Primitives
import TestSupport
import Testing

/// From an idea to tasks done, by people on three networks at the same time.
@Suite("The specification flow on three networks", .timeLimit(.minutes(4)))
struct SpecFlowTests {
    @Test("from the idea to two tasks done: every step is a commit whose link opens, and nothing twice")
    func flow() async throws {
        let scene = try await SpecScene.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for network in scene.networks {
                group.addTask {
                    try await Self.flow(on: network, scene)
                    try await Self.check(network, scene)
                }
            }
            try await group.waitForAll()
        }
        try await self.api(scene)
        let status = await scene.stop()
        let log = await scene.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
    }

    /// The steps as people type them. The answers are a letter, `yes` and own words.
    private static func flow(on network: any ServedNetwork, _ scene: SpecScene) async throws {
        try await network.command("repo \(network.name)-shop")
        try await network.wait(forWords: "\(network.name)-shop")
        try await network.command("specify \(SpecScene.idea)")
        try await network.wait(forCommits: 1)
        try await network.command("clarify")
        for (number, answer) in ["B", "yes", "For two years, then it is deleted."].enumerated() {
            try await network.wait(forWords: "Question \(number + 1) of 3")
            try await network.say(answer)
            try await network.wait(forCommits: 2 + number)
        }
        try await network.command("plan")
        try await network.wait(forCommits: 5)
        try await network.command("tasks")
        try await network.wait(forCommits: 6)
        try await network.command("analyze")
        try await network.wait(forWords: "Analysis of ")
        try await network.command("implement T001-T002")
        try await network.wait(forCommits: 8)
        try await network.command("spec")
        try await network.wait(forWords: "implement: 2 of")
    }

    private static func check(_ network: any ServedNetwork, _ scene: SpecScene) async throws {
        let links = try await network.flowRoom().commitLinks
        #expect(links.count == 8 && Set(links).count == 8, "\(network.name): \(links)")
        let reader = try #require(scene.web.client)
        for link in links {
            #expect(link.contains("/r/\(network.name)-shop/commit/"))
            try await expectEqual(reader.page(link).status, 200, "\(link)")
        }
        let git = scene.repository(of: network)
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        try expectEqual(git("log --format=%s main"), "Start")
        let branch = try git("branch --format='%(refname:short)' --list '001-*'")
        // The commits of the room are the branch's, in this order, each once.
        let hashes = try git("log --reverse --format=%H main..\(branch)").split(separator: "\n").map(String.init)
        expectEqual(hashes, links.map { String($0.suffix(40)) }, "\(network.name)")
        let turns = try git("log --format='%(trailers:key=Jetbridge-Turn,valueonly)' main..\(branch)")
            .split(separator: "\n").map(String.init)
        expectEqual(turns.count, 8, "\(turns)")
        let spec = try git("show \(branch):specs/\(branch)/spec.md")
        #expect(spec.contains("## Clarifications") && spec.contains("For two years, then it is deleted."))
        let tasks = try git("show \(branch):specs/\(branch)/tasks.md")
        #expect(tasks.contains("- [x] T001 ") && tasks.contains("- [x] T002 ") && tasks.contains("- [ ] T003 "))
        for (place, id) in [(2, "T001"), (1, "T002")] {
            #expect(try git("log -1 --format=%s \(hashes[hashes.count - place])").hasPrefix("\(id) "))
        }
    }

    /// What the web's panel shows of its thread.
    private func api(_ scene: SpecScene) async throws {
        let reader = try #require(scene.web.client)
        let thread = try scene.web.thread(of: scene.web.flowConversation)
        let feature = try await reader.get("/api/v1/threads/\(thread)/spec")
        let git = scene.repository(of: scene.web)
        let branch = try #require(feature["branch"]?.stringValue)
        expectEqual(feature["folder"], .string("specs/\(branch)"))
        let stages = feature["stages"]?.arrayValue ?? []
        let states = Dictionary(
            uniqueKeysWithValues: stages.map { ($0["stage"]?.stringValue ?? "", $0["state"]?.stringValue ?? "") })
        #expect(states["specify"] == "done" && states["clarify"] == "done" && states["plan"] == "done", "\(states)")
        #expect(states["tasks"] == "done" && states["implement"] == "open", "\(states)")
        for stage in stages {
            guard let path = stage["path"]?.stringValue else { continue }
            expectEqual(stage["commit"]?.stringValue, try git("log -1 --format=%H \(branch) -- \(path)"), "\(path)")
        }
        let document = try await reader.get("/api/v1/threads/\(thread)/spec/document?path=specs/\(branch)/spec.md")
        expectEqual(document["versions"]?.arrayValue?.count, 4)
    }
}
