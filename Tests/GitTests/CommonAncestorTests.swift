import TestSupport
import Testing

@testable import Git

@Suite("Where histories part", .timeLimit(.minutes(1)))
struct CommonAncestorTests {
    /// A history of a few commits with any dates, and what is true of it.
    private struct History {
        let ids: [GitObjectID]
        let times: [Int]
        /// For each commit itself and its ancestors.
        let within: [Set<Int>]

        /// Ten commits, each with up to three of the earlier ones as parents. Every second history has correct dates.
        init(seed: Int, _ tree: GitObjectID, _ store: GitObjects) throws {
            var generator = SeededGenerator(state: UInt64(seed))
            var (ids, times, within) = ([GitObjectID](), [Int](), [Set<Int>]())
            for number in 0..<10 {
                let count = number == 0 ? 0 : Int.random(in: 0...3, using: &generator)
                let parents = Set((0..<count).map { _ in Int.random(in: 0..<number, using: &generator) }).sorted()
                // The seed makes the commits of all histories different ones.
                let time = 1_000_000 * seed + (seed % 2 == 0 ? number : Int.random(in: 0..<5, using: &generator))
                let lines = parents.map { "parent \(ids[$0].hex)\n" }.joined()
                let person = "A <a@example.org> \(time) +0000"
                let text = "tree \(tree.hex)\n\(lines)author \(person)\ncommitter \(person)\n\n\(number)\n"
                ids.append(try store.write(Array(text.utf8), .commit).id)
                times.append(time)
                within.append(parents.reduce(into: Set([number])) { $0.formUnion(within[$1]) })
            }
            (self.ids, self.times, self.within) = (ids, times, within)
        }

        /// The common ancestors that no other one contains.
        func best(_ one: Int, _ other: Int) -> Set<Int> {
            let common = self.within[one].intersection(self.within[other])
            return common.filter { place in !common.contains { $0 != place && self.within[$0].contains(place) } }
        }
    }

    @Test("it is the newest common ancestor that no other one contains, with correct and with wrong dates")
    func found() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let git = fixture.repository
        let tree = try await git.tree(of: git.resolve("main"))
        let store = try GitObjects(path: fixture.directory.path)
        for seed in 1...30 {
            let history = try History(seed: seed, tree, store)
            for one in history.ids.indices {
                for other in history.ids.indices {
                    let (first, second) = (history.ids[one], history.ids[other])
                    let base = try await git.mergeBase(first, second)
                    let best = history.best(one, other)
                    let newest = best.map { history.times[$0] }.max()
                    let wanted = best.filter { history.times[$0] == newest }.map { history.ids[$0] }
                    #expect(base.map { wanted.contains($0) } ?? wanted.isEmpty, "seed \(seed): \(one), \(other)")
                    try await expectEqual(
                        git.isAncestor(first, of: second), history.within[other].contains(one),
                        "seed \(seed): \(one), \(other)")
                }
            }
        }
    }

    @Test("it is what git says, for branches that have merged each other")
    func merged() async throws {
        let fixture = try await Fixture.initialised()
        try fixture.git.shell(
            """
            date() { export GIT_COMMITTER_DATE="$1 +0000" GIT_AUTHOR_DATE="$1 +0000"; }
            make() { git commit -q --allow-empty -m $1; }
            date 1800000000; make a; git switch -qc side; date 1800000010; make b; git switch -q main
            date 1800000020; make c; git merge -q --no-ff -m d side; git switch -q side
            git merge -q --no-ff -m e main~1; date 1500000000; make f; git switch -q main; make g
            """)
        let (main, side) = try await (fixture.repository.resolve("main"), fixture.repository.resolve("side"))
        let all = try fixture.git("merge-base --all main side").split(separator: "\n").map(String.init)
        expectEqual(all.count, 2)
        let newest = try fixture.git("rev-parse main~2")
        #expect(all.contains(newest))
        try await expectEqual(fixture.repository.mergeBase(main, side)?.hex, newest)
        let absent = try #require(GitObjectID(String(repeating: "1", count: 40)))
        await expectEqual(Fixture.code { _ = try await fixture.repository.mergeBase(main, absent) }, .notFound)
    }

    @Test("no more than the effort allows is read, nothing below the place, and nothing after the task is cancelled")
    func effort() async throws {
        let fixture = try await Fixture.initialised(bare: true)
        let git = fixture.repository
        var ids: [GitObjectID] = []
        for number in 1...10 { ids.append(try await fixture.commit("a", "\(number)")) }
        let other = try #require(try GitObjectID(fixture.git("commit-tree -m other main^{tree}")))
        try await expectEqual(git.mergeBase(ids[9], other), nil)
        let store = try GitObjects(path: fixture.directory.path)
        let found = await Fixture.code {
            var search = try CommonAncestor(of: ids[9], other, in: store, HistoryEffort(12_000))
            _ = try search.find()
        }
        expectEqual(found, .tooLarge)
        let contained = await Fixture.code {
            var search = try CommonAncestor(of: other, ids[9], in: store, HistoryEffort(12_000))
            _ = try search.isFirstContained()
        }
        expectEqual(contained, .tooLarge)
        // What is older than the place is not even looked for.
        try fixture.git.shell("rm -f objects/\(ids[0].hex.prefix(2))/\(ids[0].hex.dropFirst(2))")
        try await expectEqual(git.mergeBase(ids[9], ids[7]), ids[7])
        try await expectEqual(git.isAncestor(ids[7], of: ids[9]), true)
        try await expectEqual(git.isAncestor(ids[9], of: ids[7]), false)
    }

    @Test("a search through large commits ends when the task is cancelled")
    func cancellation() async throws {
        let trees = try await HostileTrees()
        let git = trees.fixture.repository
        let base = try await trees.id()
        let (tip, other) = try await (
            trees.messages(20, on: base), trees.messages(1, on: trees.fixture.commit("b", "b", branch: "main"))
        )
        let code = await Task { () -> GitError.Code? in
            withUnsafeCurrentTask { $0?.cancel() }
            return await Fixture.code { _ = try await git.mergeBase(tip, other) }
        }.value
        expectEqual(code, .cancelled)
        try await expectEqual(git.mergeBase(tip, other), base)
    }

    @Test("of branches with messages of a megabyte, the page of a repository gets some and always HEAD's")
    func tips() async throws {
        let trees = try await HostileTrees()
        let base = try await trees.id()
        var lines: [String] = []
        for number in 11...50 {
            let tip = try await trees.messages(1, on: base, "b\(number)")
            lines.append("create refs/heads/b\(number) \(tip.hex)")
        }
        // Too large to be read at all, and first by its name.
        let huge = try await trees.messages(1, on: base, String(repeating: "a", count: 1 << 20))
        lines.append("create refs/heads/a \(huge.hex)")
        try trees.fixture.git.shell("printf '\(lines.joined(separator: "\\n"))\\n' | git update-ref --stdin")
        let tips = try await trees.fixture.repository.tips(limit: 200)
        expectEqual(tips.items.map(\.branch.name), (11...43).map { "b\($0)" } + ["main"])
        #expect(tips.isCut)
    }
}

extension HostileTrees {
    /// Commits with messages of a megabyte, one on the other; returns the last.
    fileprivate func messages(_ count: Int, on base: GitObjectID, _ text: String = "") async throws -> GitObjectID {
        let store = try GitObjects(path: self.fixture.directory.path)
        let tree = try await self.fixture.repository.tree(of: base)
        let message = String(repeating: "a", count: 1_000_000)
        var tip = base
        for number in 1...count {
            let person = "A <a@example.org> \(1_800_000_000 + number) +0000"
            let head = "tree \(tree.hex)\nparent \(tip.hex)\nauthor \(person)\ncommitter \(person)\n"
            tip = try store.write(Array("\(head)\n\(number) \(text)\(message)".utf8), .commit).id
        }
        return tip
    }
}
