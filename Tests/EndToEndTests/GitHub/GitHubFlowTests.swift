import JSON
import Primitives
import TestSupport
import Testing

/// From an idea to a pull request on GitHub in a Slack thread and in a Matrix room. A colleague pushes to the same branches
/// during and between the steps, and the host is killed between any two.
@Suite("The specification flow on GitHub, in Slack and Matrix", .timeLimit(.minutes(5)))
struct GitHubFlowTests {
    private enum Proof {
        /// The host has made this many commits.
        case commits(Int)
        /// The bot has said this.
        case words(String)
    }

    private static let steps: [(text: String, isCommand: Bool, proofs: [Proof])] = [
        ("specify \(SpecScene.idea)", true, [.commits(1)]),
        ("clarify", true, [.words("Question 1 of 3")]),
        ("B", false, [.commits(2), .words("Question 2 of 3")]),
        ("yes", false, [.commits(3), .words("Question 3 of 3")]),
        ("For two years, then it is deleted.", false, [.commits(4)]),
        ("plan", true, [.commits(5)]),
        ("tasks", true, [.commits(6)]),
        ("analyze", true, [.words("Analysis of ")]),
        ("implement T001-T002", true, [.commits(8)]),
        ("pr", true, [.words("Pull request #1 opened")]),
    ]

    @Test("from the idea to the pull request: every link opens, every push stays, and all of it is reported once")
    func flow() async throws {
        let scene = try await GitHubFlowScene.start()
        for network in scene.networks {
            try await network.command("repo \(network.name)-shop")
            try await network.wait(forWords: "\(network.name)-shop")
        }
        var pushed: [String: [String]] = [:]
        for (number, step) in Self.steps.enumerated() {
            let new = try await withThrowingTaskGroup(of: (String, [String]).self) { group in
                for network in scene.networks {
                    group.addTask { (network.name, try await Self.take(step, number, on: network, scene)) }
                }
                return try await group.reduce(into: [:]) { all, item in all[item.0] = item.1 }
            }
            await scene.host.kill()
            for network in scene.networks {
                pushed[network.name, default: []] += new[network.name] ?? []
                if let commit = try await scene.push("between-\(number)", on: network) {
                    pushed[network.name, default: []].append(commit)
                }
            }
            try await scene.startHost()
        }
        for network in scene.networks {
            try await Self.check(network, pushed: pushed[network.name] ?? [], scene)
        }
        try await Self.review(scene)
        let status = await scene.stop()
        let log = await scene.host.log
        expectEqual(status, "exit status 0", "\(log.suffix(4_000))")
        #expect(!log.contains(GitHubFlowScene.token))
    }

    /// One step of a person, with a push at the same time. Returns the commits pushed.
    private static func take(
        _ step: (text: String, isCommand: Bool, proofs: [Proof]), _ number: Int, on network: any ServedNetwork,
        _ scene: GitHubFlowScene
    ) async throws -> [String] {
        if step.isCommand { try await network.command(step.text) } else { try await network.say(step.text) }
        let pushed = try await scene.push("during-\(number)", on: network)
        for proof in step.proofs {
            switch proof {
            case .commits(let count): try await network.wait(forCommits: count)
            case .words(let words): try await network.wait(forWords: words)
            }
        }
        return pushed.map { [$0] } ?? []
    }

    private static func check(_ network: any ServedNetwork, pushed: [String], _ scene: GitHubFlowScene) async throws {
        // Each push is reported, by a delivery or after the restart.
        let room = try await network.wait(for: "report of every push") { room in
            pushed.allSatisfy { !Self.reports(of: $0, in: room).isEmpty }
        }
        for commit in pushed {
            let reports = Self.reports(of: commit, in: room)
            expectEqual(reports.count, 1, "\(network.name): \(commit): \(reports)")
        }
        let links = room.commitLinks
        #expect(links.count == 8 && Set(links).count == 8, "\(network.name): \(links)")
        for link in links {
            #expect(link.hasPrefix("\(scene.github.url)/\(scene.repository(of: network))/commit/"))
            try await expectEqual(scene.page(link), 200, "\(link)")
        }
        let git = try await scene.git(of: network)
        #expect(try git("fsck --strict --no-dangling").isEmpty)
        try expectEqual(git("log --format=%s main").split(separator: "\n").count, 1)
        let branch = try #require(try await scene.branch(of: network))
        // The commits of the room are ours on the branch, in this order, each once; nothing was merged or overwritten.
        let all = try git("log --reverse --format='%H %s' main..\(branch)").split(separator: "\n").map(String.init)
        let ours = all.filter { !$0.contains(" colleague ") }.map { String($0.prefix(40)) }
        expectEqual(ours, links.map { String($0.suffix(40)) }, "\(network.name)")
        expectEqual(all.filter { $0.contains(" colleague ") }.map { String($0.prefix(40)) }, pushed)
        for file in try git("ls-tree --name-only \(branch) docs/").split(separator: "\n") {
            try expectEqual(git("show \(branch):\(file)") + ".md", file.dropFirst("docs/".count))
        }
        try expectEqual(git("ls-tree --name-only \(branch) docs/").split(separator: "\n").count, pushed.count)
        let pull = try #require(
            room.last { $0.plain.contains("Pull request #1 opened") }?.plain.firstMatch(of: /http[^\s|>)]+\/pull\/1/))
        try await expectEqual(scene.page(String(pull.0)), 200)
    }

    /// What the bot said about a colleague's commit.
    private static func reports(of commit: String, in room: [RoomMessage]) -> [String] {
        room.filter { $0.isFromBot && $0.plain.contains("`\(commit.prefix(7))` colleague") }.map(\.plain)
    }

    /// A colleague's comment reaches the thread once.
    private static func review(_ scene: GitHubFlowScene) async throws {
        for network in scene.networks {
            try await scene.github.colleague().comment("Please say more.", on: 1, in: scene.repository(of: network))
            let words = "bob commented on #1"
            try await network.wait(forWords: words)
            let room = try await network.flowRoom()
            expectEqual(room.count { $0.isFromBot && $0.plain.contains(words) }, 1)
        }
    }
}
