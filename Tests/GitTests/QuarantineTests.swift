import TestSupport
import Testing

@testable import Git

@Suite("Commits from a jail, in quarantine", .timeLimit(.minutes(1)))
struct QuarantineTests {
    /// A repository whose branch has a commit of one file, and a quarantine beside it.
    private struct Scene {
        let fixture: Fixture
        let base: GitObjectID
        let path: String

        init(_ text: String = "hello\n") async throws {
            let fixture = try await Fixture.initialised(bare: true)
            self.fixture = fixture
            self.base = try await fixture.commit("file", text)
            self.path = fixture.directory.path + "/quarantine"
            let objects = try await fixture.repository.objectsFolder()
            try await GitRepository(path: self.path).createStore(sharing: objects)
        }

        func store() throws -> GitObjects { try GitObjects(path: self.path) }

        func commit(
            _ tree: ObjectKey, parents: [GitObjectID], _ message: String, in store: GitObjects
        ) throws -> GitObjectID {
            let person = "A <a@example.org> 1800000000 +0000"
            let lines = parents.map { "parent \($0.hex)\n" }.joined()
            let text = "tree \(tree.id.hex)\n\(lines)author \(person)\ncommitter \(person)\n\n\(message)\n"
            return try store.write(Array(text.utf8), .commit).id
        }

        func quarantined(_ tip: GitObjectID) async throws -> [GitCommit] {
            try await self.fixture.repository.quarantined(
                in: self.path, after: self.base, upTo: tip, fileBytes: 1 << 20)
        }
    }

    @Test("a commit with 64 parents is taken over, one with more is refused")
    func parents() async throws {
        let scene = try await Scene()
        let store = try scene.store()
        let tree = try store.tree(ofCommit: scene.base)
        let sides = try (1...65).map { try scene.commit(tree, parents: [scene.base], "side \($0)", in: store) }
        let most = try scene.commit(tree, parents: Array(sides.prefix(64)), "most", in: store)
        let commits = try await scene.quarantined(most)
        #expect(commits.count == 65 && commits.last?.id == most)
        let more = try scene.commit(tree, parents: sides, "more", in: store)
        let refusal = await HostileTrees.refusal { _ = try await scene.quarantined(more) }
        expectEqual(
            refusal,
            "the commit \(more.short) is refused because it has more than 64 parents: undo that with "
                + "`git reset --soft`, then commit again")
    }

    @Test("commits are refused whose lines only together take too long to compare")
    func lines() async throws {
        let scene = try await Scene(String(repeating: "0\n", count: 500_000))
        let store = try scene.store()
        let blobs = try ["1\n", "0\n"].map { line in
            try store.write(Array(String(repeating: line, count: 500_000).utf8), .blob)
        }
        var tips = [scene.base]
        for number in 0..<3 {
            let file = TreeItem(kind: .file, name: Array("file".utf8), key: blobs[number % 2])
            let tree = try store.write(TreeItem.serialised([file]), .tree)
            tips.append(try scene.commit(tree, parents: [tips[number]], "\(number)", in: store))
        }
        try await expectEqual(scene.quarantined(tips[2]).map(\.id), [tips[1], tips[2]])
        let refusal = await HostileTrees.refusal { _ = try await scene.quarantined(tips[3]) }
        expectEqual(
            refusal,
            "too large to take over: what is new changes too many short lines to compare: take it back with "
                + "`git reset --soft`, then commit less at once")
    }

    @Test("they are not looked at any further once the task is cancelled")
    func cancelled() async throws {
        let scene = try await Scene()
        let store = try scene.store()
        let tip = try scene.commit(
            store.tree(ofCommit: scene.base), parents: [scene.base], "next", in: store)
        let code = await Task { () -> GitError.Code? in
            withUnsafeCurrentTask { $0?.cancel() }
            return await Fixture.code { _ = try await scene.quarantined(tip) }
        }.value
        expectEqual(code, .cancelled)
    }
}
