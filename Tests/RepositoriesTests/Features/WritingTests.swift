import Git
import Repositories
import TestSupport
import Testing

@Suite("Documents are written on a branch that others write on, too", .timeLimit(.minutes(1))) struct WritingTests {
    /// One line of the feature's specification replaced.
    private static func text(_ changes: [String: String]) -> String {
        Workshop.text.split(separator: "\n").map { changes[String($0)] ?? String($0) }.joined(separator: "\n") + "\n"
    }

    private static let spec = Workshop.spec
    private static let folder = "specs/001-login"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        /// Run before the first commit.
        var before = "true"
        let ours: [String: String]
        /// What the colleague changes.
        let theirs: String
        let outcome: String
        /// The text that the branch has afterwards.
        var result: [String: String] = [:]

        var testDescription: String { self.name }
    }

    private static let cases = [
        Case(
            name: "another file", ours: [spec: text(["one": "ONE"])], theirs: "echo p > \(folder)/plan.md",
            outcome: "merged", result: [spec: text(["one": "ONE"]), "\(folder)/plan.md": "p\n"]),
        Case(
            name: "lines far apart", ours: [spec: text(["one": "ONE"])], theirs: "sed -i s/eight/EIGHT/ \(spec)",
            outcome: "merged", result: [spec: text(["one": "ONE", "eight": "EIGHT"])]),
        Case(
            name: "the same line", ours: [spec: text(["two": "ours"])], theirs: "sed -i s/two/theirs/ \(spec)",
            outcome: "conflict", result: [spec: text(["two": "theirs"])]),
        Case(
            name: "neighbouring lines", ours: [spec: text(["two": "ours"])], theirs: "sed -i s/three/theirs/ \(spec)",
            outcome: "conflict", result: [spec: text(["three": "theirs"])]),
        Case(
            name: "the same change", ours: [spec: text(["two": "both"])], theirs: "sed -i s/two/both/ \(spec)",
            outcome: "unchanged", result: [spec: text(["two": "both"])]),
        Case(
            name: "both added a file, with other texts", ours: ["\(folder)/plan.md": "ours\n"],
            theirs: "echo theirs > \(folder)/plan.md", outcome: "conflict", result: ["\(folder)/plan.md": "theirs\n"]),
        Case(
            name: "both added the same file", ours: ["\(folder)/plan.md": "both\n"],
            theirs: "echo both > \(folder)/plan.md", outcome: "unchanged", result: ["\(folder)/plan.md": "both\n"]),
        Case(
            name: "they deleted what we changed", ours: [spec: text(["one": "ONE"])],
            theirs: "git rm -q \(spec) && mkdir -p x && echo x > x/x", outcome: "conflict", result: ["x/x": "x\n"]),
        Case(
            name: "they deleted another file", before: "echo p > \(folder)/plan.md",
            ours: [spec: text(["one": "ONE"])], theirs: "git rm -q \(folder)/plan.md", outcome: "merged",
            result: [spec: text(["one": "ONE"])]),
        Case(
            name: "they renamed what we changed", ours: [spec: text(["one": "ONE"])],
            theirs: "git mv \(spec) \(folder)/other.md", outcome: "merged",
            result: ["\(folder)/other.md": text(["one": "ONE"])]),
        Case(
            name: "they renamed and changed what we changed", ours: [spec: text(["one": "ONE"])],
            theirs: "git mv \(spec) \(folder)/other.md && sed -i s/eight/EIGHT/ \(folder)/other.md", outcome: "merged",
            result: ["\(folder)/other.md": text(["one": "ONE", "eight": "EIGHT"])]),
        Case(
            name: "lines that end with CRLF", before: "sed -i 's/$/\\r/' \(spec)",
            ours: [spec: text(["one": "ONE"]).replacing("\n", with: "\r\n")],
            theirs: "sed -i s/eight/EIGHT/ \(spec)", outcome: "merged",
            result: [spec: text(["one": "ONE", "eight": "EIGHT"]).replacing("\n", with: "\r\n")]),
        Case(
            name: "they changed all line ends", ours: [spec: text(["one": "ONE"])], theirs: "sed -i 's/$/\\r/' \(spec)",
            outcome: "conflict", result: [spec: Workshop.text.replacing("\n", with: "\r\n")]),
        Case(
            name: "they wrote a binary file", ours: [spec: text(["one": "ONE"])],
            theirs: "printf 'one\\0\\377' > \(spec)", outcome: "conflict"),
        Case(
            name: "a file without a last line end", before: "printf 'a\\nb\\nc\\nd\\ne' > \(spec)",
            ours: [spec: "A\nb\nc\nd\ne"], theirs: "printf '\\nf' >> \(spec)", outcome: "merged",
            result: [spec: "A\nb\nc\nd\ne\nf"]),
        Case(
            name: "they made a folder of the file", ours: [spec: text(["one": "ONE"])],
            theirs: "git rm -q \(spec) && mkdir -p \(spec) && echo x > \(spec)/x.md", outcome: "conflict",
            result: ["\(spec)/x.md": "x\n"]),
    ]

    @Test("changes that fit together are merged; others are a conflict, and the branch stays", arguments: cases)
    func merging(_ example: Case) async throws {
        let workshop = try await Workshop(example.before)
        let change = try await workshop.change(example.ours)
        try workshop.push(example.theirs)
        let theirs = try await workshop.head
        let outcome = try await workshop.repository.write(change)
        expectEqual(outcome.kind, example.outcome)
        for (path, text) in example.result { try expectEqual(workshop.show(path), text) }
        switch outcome {
        case .merged(let made, let others):
            try expectEqual(workshop.git("log -1 --format=%P:%s \(made.id)"), "\(theirs):Plan t1")
            expectEqual(others.map(\.subject), ["theirs"])
            try await expectEqual(workshop.repository.find(turn: "t1"), made)
        case .conflict(let conflict):
            try await expectEqual(workshop.head, theirs)
            #expect(conflict.theirs == theirs && conflict.branch == Workshop.name)
            expectEqual(conflict.commits.map(\.subject), ["theirs"])
            #expect(conflict.files.count >= 1)
            #expect(conflict.files.contains { file in file.ours == example.ours[file.path].map { Array($0.utf8) } })
            try await expectEqual(workshop.repository.find(turn: "t1"), nil)
            try await expectEqual(workshop.restarted.conflict(of: "t1"), conflict)
            try expectEqual(workshop.git("log -1 --format=%P \(conflict.ours)"), change.base.hex)
        case .committed, .unchanged: try await expectEqual(workshop.head, theirs)
        }
        try expectEqual(workshop.checkClean(), example.outcome != "conflict")
    }

    @Test("the executable bit and a document of 100 KB survive a merge")
    func large() async throws {
        let lines = (0..<1_900).map { "line \($0) of a long document, which has many of them" }
        let base = lines.joined(separator: "\n") + "\n"
        #expect(base.utf8.count <= Document.sizeLimit && base.utf8.count > 90_000)
        let workshop = try await Workshop()
        let first = try await workshop.repository.write(workshop.change([Workshop.spec: base], turn: "t0"))
        expectEqual(first.kind, "committed")
        var changed = lines
        changed[0] = "ours"
        let change = try await workshop.change([Workshop.spec: changed.joined(separator: "\n") + "\n"])
        try workshop.push("sed -i '$ s/.*/theirs/' \(Workshop.spec) && chmod +x \(Workshop.spec)")
        try await expectEqual(workshop.repository.write(change).kind, "merged")
        changed[changed.count - 1] = "theirs"
        try expectEqual(workshop.show(), changed.joined(separator: "\n") + "\n")
        #expect(try workshop.git("ls-tree \(Workshop.name) \(Workshop.spec)").hasPrefix("100755"))
        #expect(try workshop.checkClean())
    }

    @Test("a branch that disappeared, or does not exist yet, begins at the commit that was read")
    func newBranch() async throws {
        let workshop = try await Workshop()
        let base = try await workshop.head
        let change = try await workshop.change([Workshop.spec: "new\n"])
        try workshop.git("branch -q -D \(Workshop.name)")
        let outcome = try await workshop.repository.write(change)
        #expect(outcome.kind == "committed" && outcome.made?.branch == Workshop.name)
        try expectEqual(workshop.git("log --format=%s \(Workshop.name)"), "Plan t1\nbegin\nBegin the repository")
        let other = try await workshop.change([Workshop.spec: "x\n"], base: base, branch: "001-other", turn: "t2")
        try await expectEqual(workshop.repository.write(other).made?.branch, "001-other")
        try expectEqual(workshop.show(at: Workshop.name), "new\n")
        #expect(try workshop.checkClean())
    }

    @Test("a branch whose history was replaced is merged by its texts")
    func replaced() async throws {
        let workshop = try await Workshop()
        let change = try await workshop.change([Workshop.spec: Self.text(["one": "ONE"])])
        try workshop.colleague.shell(
            "sed -i s/eight/EIGHT/ \(Workshop.spec) && git commit -qa --amend -m other && git push -q -f")
        let outcome = try await workshop.repository.write(change)
        expectEqual(outcome.kind, "merged")
        try expectEqual(workshop.show(), Self.text(["one": "ONE", "eight": "EIGHT"]))
        try expectEqual(workshop.git("rev-list --count \(Workshop.name)"), "3")
    }

    @Test("a commit that was read and does not exist any more is an error, and nothing changes")
    func missingBase() async throws {
        let workshop = try await Workshop()
        let base = try #require(GitObjectID(String(repeating: "ab", count: 20)))
        let change = try await workshop.change([Workshop.spec: "x\n"], base: base)
        let error = await Workshop.code { _ = try await workshop.repository.write(change) }
        expectEqual(error?.code, .git(.notFound))
        #expect(try workshop.checkClean())
    }

    @Test("several commits of one turn are found, oldest first, also after others have continued the branch")
    func turns() async throws {
        let workshop = try await Workshop()
        var made: [MadeCommit] = []
        for number in 1...3 {
            let change = try await workshop.change(["\(Self.folder)/f\(number).md": "\(number)\n"], turn: "many")
            made.append(try #require(try await workshop.repository.write(change).made))
        }
        try workshop.push("echo x > x.txt")
        try workshop.git("branch zeta \(Workshop.name)")
        try await expectEqual(workshop.repository.commits(ofTurn: "many"), made)
        try await expectEqual(workshop.restarted.find(turn: "many"), made.last)
        #expect(try await workshop.repository.commits(ofTurn: "man").isEmpty)
    }

    @Test("a colleague who pushes with Git at the same time loses nothing")
    func atTheSameTime() async throws {
        let workshop = try await Workshop()
        async let pushes: Void = Self.pushLoop(workshop)
        for number in 1...12 {
            let files = try #require(try await workshop.repository.feature(Workshop.name))
            let text = "ours \(number)\n" + (files.text(Workshop.spec) ?? "")
            let outcome = try await workshop.repository.write(
                DocumentChange(
                    branch: files.branch, base: files.head,
                    documents: [try Document(path: Workshop.spec, text: text)], subject: "ours \(number)",
                    author: Workshop.author, turn: "t\(number)"))
            #expect(outcome.made != nil)
        }
        try await pushes
        let lines = Set(try workshop.show().split(separator: "\n").map(String.init))
        let notes = Set(try workshop.show("notes.txt").split(separator: "\n").map(String.init))
        #expect(lines.isSuperset(of: (1...12).map { "ours \($0)" }))
        expectEqual(notes, Set((1...12).map { "theirs \($0)" }))
        #expect(try workshop.checkClean())
    }

    @concurrent
    private static func pushLoop(_ workshop: Workshop) async throws {
        try workshop.colleague.shell(
            """
            for i in $(seq 12); do
                echo "theirs $i" >> notes.txt && git add . && git commit -qm "theirs $i" || exit 1
                for try in $(seq 100); do git push -q 2>/dev/null && break; git pull -q --rebase || exit 1; done
            done; git push -q
            """)
    }
}
