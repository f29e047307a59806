import Git
import Repositories
import TestSupport
import Testing

/// Two writers change the same documents in any order. Every line is unique, so that its way can be followed.
@Suite("Two writers of one branch", .timeLimit(.minutes(4))) struct InterleavingTests {
    @Test("in 1,000 random interleavings, no line is lost unless a person was asked", arguments: [1, 2, 3, 4])
    func nothingIsLost(seed: UInt64) async throws {
        try await self.run(Workshop(), seed)
    }

    @Test("in 1,000 random interleavings with a server, no line is lost either", arguments: [5, 6, 7, 8])
    func nothingIsLostOnServer(seed: UInt64) async throws {
        try await self.run(Workshop(onServer: true), seed)
    }

    private func run(_ workshop: Workshop, _ seed: UInt64) async throws {
        var writers = Writers(workshop.repository, at: workshop.git.path, SeededGenerator(state: seed))
        for round in 0..<250 {
            // As Git does by itself: reading thousands of loose objects takes most of the time.
            if round.isMultiple(of: 25) { try workshop.pack() }
            try await writers.run(round)
        }
        expectEqual(Array(writers.lost.prefix(5)), [])
        // The table is worth something only if all cases occur.
        for kind in ["committed", "merged", "conflict", "theirs", "ours", "ownBranch"] {
            #expect(writers.seen[kind, default: 0] > 3, "\(kind): \(writers.seen)")
        }
        #expect(try workshop.checkClean())
    }
}

/// Jetbridge and a colleague.
private struct Writers {
    typealias Files = [String: [String]]

    private static let folder = "specs/001-login"

    private let ours: LocalRepository
    private let theirs: GitRepository
    private var random: SeededGenerator
    private var lines = 0
    /// How often each case occurred.
    private(set) var seen: [String: Int] = [:]
    /// Lines that disappeared although nobody had read them.
    private(set) var lost: [String] = []

    init(_ repository: LocalRepository, at path: String, _ random: SeededGenerator) {
        self.ours = repository
        self.theirs = GitRepository(path: path)
        self.random = random
    }

    /// We read, the colleague commits before, while or after we write, and a conflict is resolved in any way.
    mutating func run(_ round: Int) async throws {
        let base = try await self.theirs.resolve(Workshop.name)
        let before = try await self.read(base)
        let after = self.edit(before, canRemoveFiles: false)
        for _ in 0..<Int.random(in: 0...2, using: &self.random) { try await self.commitTheirs() }
        let documents = try after.filter { before[$0.key] != $0.value }
            .map { try Document(path: $0.key, text: $0.value.map { "\($0)\n" }.joined()) }
        let change = DocumentChange(
            branch: Workshop.name, base: base, documents: documents, subject: "ours \(round)", author: Workshop.author,
            turn: "t\(round)")
        let meanwhile = Bool.random(using: &self.random) ? try await self.prepareTheirs() : nil
        async let write = self.ours.write(change)
        if let meanwhile { try await self.finishTheirs(meanwhile) }
        var outcome = try await write
        self.seen[outcome.kind, default: 0] += 1
        let added = Self.all(after).subtracting(Self.all(before))
        // File by file: a line that a conflict has left in two files may lose one copy to us and one to the colleague.
        var mayRemove = Set(before.flatMap { path, lines in Set(lines).subtracting(after[path] ?? []) })
        var choice = "write"
        for _ in 0..<10 {
            guard let conflict = outcome.conflict else { break }
            for file in conflict.files { mayRemove.formUnion(Self.split(file.theirs ?? [])) }
            if Int.random(in: 0..<3, using: &self.random) == 0 { try await self.commitTheirs() }
            choice = ["theirs", "ours", "ours", "ownBranch"].randomElement(using: &self.random) ?? ""
            let decision: ConflictChoice = choice == "theirs" ? .theirs : choice == "ours" ? .ours : .ownBranch(nil)
            outcome = try await self.ours.resolve(conflictOf: change.turn, decision, author: Workshop.author)
        }
        self.seen[choice, default: 0] += 1
        guard let made = outcome.made else {
            if outcome.kind != "unchanged" { self.lost.append("round \(round) ended with \(outcome.kind)") }
            return
        }
        let result = Self.all(try await self.read(made.id))
        self.lost += added.subtracting(result).map { "round \(round), \(choice): ours \($0)" }
        guard choice != "ownBranch" else { return }
        let parent = try #require(try await self.theirs.commit(made.id).parents.first)
        let replaced = Self.all(try await self.read(parent))
        self.lost += replaced.subtracting(result).subtracting(mayRemove).map { "round \(round), \(choice): \($0)" }
    }

    /// A commit of the colleague, who reads the branch first, like everybody.
    private mutating func commitTheirs() async throws {
        try await self.finishTheirs(self.prepareTheirs())
    }

    private mutating func prepareTheirs() async throws -> GitChange {
        let tip = try await self.theirs.resolve(Workshop.name)
        let before = try await self.read(tip)
        let after = self.edit(before, canRemoveFiles: true)
        var files: [String: [UInt8]?] = [:]
        for path in Set(before.keys).union(after.keys) where before[path] != after[path] {
            files[path] = .some(after[path].map { Array($0.map { "\($0)\n" }.joined().utf8) })
        }
        return GitChange(
            files: files, branch: Workshop.name, base: .at(tip), author: Workshop.author, committer: Workshop.author,
            message: "theirs")
    }

    /// As `git push` does: if the branch has moved, it is refused.
    private func finishTheirs(_ change: GitChange) async throws {
        do {
            _ = try await self.theirs.commit(change)
        } catch  where error.code == .conflict {
            return
        }
    }

    /// A few lines are added, replaced and removed; a file may be renamed, removed or added.
    private mutating func edit(_ files: Files, canRemoveFiles: Bool) -> Files {
        var files = files
        for _ in 0..<Int.random(in: 1...3, using: &self.random) {
            guard let path = files.keys.sorted().randomElement(using: &self.random), var lines = files[path] else {
                break
            }
            let place = Int.random(in: 0...lines.count, using: &self.random)
            switch Int.random(in: 0..<(canRemoveFiles ? 20 : 18), using: &self.random) {
            case 0..<9: lines.insert(self.line(), at: place)
            case 9..<15 where place < lines.count: lines[place] = self.line()
            case 15..<17 where place < lines.count: lines.remove(at: place)
            case 17 where files.count < 5: files["\(Self.folder)/f\(self.lines).md"] = [self.line(), self.line()]
            case 18:
                files[path] = nil
                files["\(Self.folder)/r\(self.lines).md"] = lines
                continue
            case 19 where files.count > 2:
                files[path] = nil
                continue
            default: lines.append(self.line())
            }
            files[path] = lines
        }
        // Something always changes.
        files["\(Self.folder)/log.md", default: []] += canRemoveFiles ? [] : [self.line()]
        if canRemoveFiles { files["\(Self.folder)/spec.md", default: []].insert(self.line(), at: 0) }
        return files
    }

    private mutating func line() -> String {
        self.lines += 1
        return "line \(self.lines)"
    }

    private func read(_ id: GitObjectID) async throws -> Files {
        let found = try await self.theirs.files(in: Self.folder, endings: [".md"], at: id, limit: 1_000).items
        let texts = try await self.theirs.contents(Set(found.map(\.id)), limit: 1 << 20)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.path, Self.split(texts[$0.id] ?? [])) })
    }

    private static func split(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private static func all(_ files: Files) -> Set<String> { Set(files.values.joined()) }
}
