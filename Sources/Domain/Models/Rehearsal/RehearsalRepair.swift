internal import JSON
internal import Primitives

/// The rehearsal in the part of a coding model: runs the tests, reads, changes one line, runs the tests again, commits.
///
/// What it tries are common slips (a sign, a comparison, an off by one), so that it mends many small examples and says
/// so when it can't. Where nothing fails it makes an example in plain `sh`, which every jail has.
struct RehearsalRepair {
    /// A small mistake: one line, and what may have been meant.
    private struct Slip {
        let path: String
        let old: String
        let new: String

        var values: JSON { ["path": JSON(self.path), "old": JSON(self.old), "new": JSON(self.new)] }
    }

    /// Changes that are tried before it gives up; each takes a step of the turn.
    private static let tries = 24
    /// Files that are searched for the mistake.
    private static let files = 4

    private let steps: RehearsalSteps
    /// Paths of files, from the list of the `list` tool: a path a line, folders with a slash at the end.
    private let paths: [String]

    /// Nil if nobody asks for a repair, or its tools are missing.
    init?(_ messages: [ModelMessage], tools: [ModelTool]) {
        let steps = RehearsalSteps(
            messages, tools: tools, needing: ["list", "read", "edit", "write", "shell", "commit"], script: "repair.md"
        ) { text in
            let words = RehearsalWords(text)
            return words.contains(anyOf: ["fix", "repair"]) && words.contains(anyOf: ["test", "tests"])
        }
        guard let steps else { return nil }
        self.steps = steps
        self.paths = (steps.last("list")?.result ?? "").split(separator: "\n").compactMap { line in
            let path = line.drop { $0 == " " || $0 == "-" }.prefix { !$0.isWhitespace }
            let isPath = path.contains { $0.isLetter || $0.isNumber } && path.last != "/" && path.first != "<"
            return isPath ? String(path) : nil
        }
    }

    var script: RehearsalScript {
        guard self.steps.last("list") != nil else { return self.steps.play("look") }
        if let example = self.steps.all("write").first {
            return self.repairExample(in: example.path?.split(separator: "/").first.map(String.init) ?? "example")
        }
        guard let command = self.testCommand else { return self.makeExample(because: "I found no tests here") }
        guard let first = self.steps.runs(of: command).first else {
            return self.steps.play("test", ["command": JSON(command)])
        }
        switch first.exitStatus {
        case nil: return self.steps.end("The tests could not be run: \(RehearsalSteps.line(of: first.result))")
        case 0: return self.makeExample(because: "All tests pass")
        default: return self.repair(command, failure: first.result)
        }
    }

    // MARK: A mistake of the repository

    /// The command that runs the tests; nil where none is known.
    private var testCommand: String? {
        if let build = RehearsalList.pairs("builds").first(where: { self.paths.contains($0.0) }) { return build.1 }
        let scripts = RehearsalList.strings("tests")
        if let script = self.paths.first(where: { scripts.contains(Self.name(of: $0)) }) { return "sh \(script)" }
        let isPython = self.paths.contains { Self.name(of: $0).hasPrefix("test_") && $0.hasSuffix(".py") }
        return isPython ? "python3 -m unittest discover" : nil
    }

    private func repair(_ command: String, failure: String) -> RehearsalScript {
        let suspects = self.suspects(output: failure)
        guard !suspects.isEmpty else {
            return self.steps.end("The tests fail, and I found no program file to mend.")
        }
        let unread = suspects.filter { self.steps.reading(of: $0)?.result.isEmpty ?? true }
        guard unread.isEmpty else { return self.steps.play("read", ["paths": JSON(unread.map { JSON($0) })]) }
        let slips = suspects.flatMap { Self.slips(in: self.steps.reading(of: $0)?.file ?? "", path: $0) }
        return self.attempt(Array(slips.prefix(Self.tries)), command: command)
    }

    /// Program files that are not tests; those that `output` names come first.
    private func suspects(output: String) -> [String] {
        let endings = RehearsalList.strings("sources")
        let sources = self.paths.filter { path in
            let isTest = path.lowercased().split(separator: "/").contains { $0.contains("test") || $0.contains("spec") }
            return !isTest && endings.contains { path.hasSuffix($0) }
        }
        let named = sources.map { path in
            WordSearch(String(Self.name(of: path).prefix { $0 != "." })).firstPlace(in: output.utf8) != nil
        }
        let marked = zip(sources, named)
        return Array(
            (marked.filter(\.1) + marked.filter { !$0.1 }).map(\.0).prefix(Self.files))
    }

    /// The repairs to try in a file, in its order. A line that occurs twice is left out, since an edit must name one
    /// place.
    private static func slips(in text: String, path: String) -> [Slip] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let counts = Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
        let comments = ["#", "//", "*"]
        return lines.filter { line in
            let code = line.drop(while: \.isWhitespace)
            return counts[line] == 1 && !code.isEmpty && !comments.contains { code.hasPrefix($0) }
        }.flatMap { line in
            RehearsalList.pairs("swaps").compactMap { wrong, right in
                let parts = line.split(separator: wrong, omittingEmptySubsequences: false)
                return parts.count == 2 ? Slip(path: path, old: line, new: parts[0] + right + parts[1]) : nil
            }
        }
    }

    private func attempt(_ slips: [Slip], command: String) -> RehearsalScript {
        let runs = self.steps.runs(of: command)
        let tried = runs.count - 1
        let previous = tried > 0 && tried <= slips.count ? slips[tried - 1] : nil
        if let previous, runs.last?.exitStatus == 0 { return self.commit(previous, command: command) }
        guard tried < slips.count else {
            if let previous, self.steps.all.last?.tool == "shell" {
                return self.steps.play("take back", previous.values)
            }
            return self.steps.end(RehearsalPage.section("give up", of: "repair.md", ["count": JSON(slips.count)]))
        }
        let slip = slips[tried]
        return self.steps.play(
            "try",
            [
                "first": JSON(tried == 0), "previous": previous?.values ?? .null, "path": JSON(slip.path),
                "old": JSON(slip.old), "new": JSON(slip.new), "command": JSON(command),
            ])
    }

    // MARK: The example

    private func makeExample(because reason: String) -> RehearsalScript {
        let folders = Set(self.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        let free = (1...).lazy.map { $0 == 1 ? "example" : "example-\($0)" }.first { !folders.contains($0) }
        let folder = JSON(free ?? "example")
        let file = { (name: String) in
            JSON(RehearsalPage.section(name, of: "repair.md", ["folder": folder]) + "\n")
        }
        return self.steps.play(
            "example", ["reason": JSON(reason), "folder": folder, "program": file("sum.sh"), "test": file("test.sh")])
    }

    private func repairExample(in folder: String) -> RehearsalScript {
        let command = "sh \(folder)/test.sh"
        let slip = Slip(path: "\(folder)/sum.sh", old: "    echo $(($1 - $2))", new: "    echo $(($1 + $2))")
        let values: JSON = [
            "command": JSON(command), "path": JSON(slip.path), "old": JSON(slip.old), "new": JSON(slip.new),
        ]
        let runs = self.steps.runs(of: command)
        guard let last = runs.last else { return self.steps.play("run example", values) }
        switch last.exitStatus {
        case 0: return self.commit(slip, command: command)
        case nil: return self.steps.end("The test could not be run: \(RehearsalSteps.line(of: last.result))")
        default: break
        }
        if runs.count > 1 {
            return self.steps.end("The test still fails: \(RehearsalSteps.line(of: last.result))")
        }
        guard let reading = self.steps.last("read") else { return self.steps.play("read example", values) }
        guard reading.result.contains("$1 - $2") else { return self.steps.end("The example is not what I wrote.") }
        return self.steps.play("mend example", values)
    }

    // MARK: The end

    private func commit(_ slip: Slip, command: String) -> RehearsalScript {
        guard let commit = self.steps.last("commit") else {
            return self.steps.play("commit", ["name": JSON(Self.name(of: slip.path))])
        }
        let isDenied = commit.result.contains("denied")
        return self.steps.end(
            RehearsalPage.section(
                "mended", of: "repair.md",
                [
                    "command": JSON(command), "path": JSON(slip.path), "old": JSON(slip.old), "new": JSON(slip.new),
                    "isDenied": JSON(isDenied),
                    "isUnclear": JSON(!isDenied && commit.result.contains("may have run")),
                ]))
    }

    private static func name(of path: String) -> String { String(path.split(separator: "/").last ?? "") }
}
