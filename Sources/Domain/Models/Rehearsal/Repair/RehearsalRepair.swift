internal import JSON

/// The rehearsal in the part of a coding model: runs the tests, reads, changes one line, runs the tests again, commits.
///
/// It has no state: each answer is worked out from the calls and results since the person's request. What it tries are
/// common slips (a sign, a comparison, an off by one), so that it mends many small examples and says so when it can't.
struct RehearsalRepair {
    /// Changes that are tried before it gives up; each takes a step of the turn.
    private static let tries = 24
    /// Files that are searched for the mistake.
    private static let files = 4

    private let steps: RehearsalSteps

    /// Nil if nobody asks for a repair, or its tools are missing.
    init?(_ messages: [ModelMessage], tools: [ModelTool]) {
        let names = Set(tools.map(\.name))
        guard names.isSuperset(of: ["list", "read", "edit", "write", "shell", "commit"]),
            let steps = RehearsalSteps(messages)
        else { return nil }
        self.steps = steps
    }

    var script: RehearsalScript {
        guard let listing = self.steps.last("list") else {
            return self.call("I look at the files first.", [("list", ["path": ".", "depth": 3])])
        }
        let project = RehearsalProject(listing: listing.result)
        if !self.steps.all("write").isEmpty { return self.repairExample() }
        guard let command = project.testCommand else {
            return self.makeExample(in: project, because: "I found no tests here")
        }
        guard let first = self.run(of: command).first else {
            return self.call("I run the tests.", [("shell", ["command": JSON(command)])])
        }
        switch first.exitStatus {
        case nil: return self.end("The tests could not be run: \(Self.firstLine(of: first.result))")
        case 0: return self.makeExample(in: project, because: "All tests pass")
        default: return self.repair(project, command: command, failure: first.result)
        }
    }

    private func run(of command: String) -> [RehearsalSteps.Step] {
        self.steps.all("shell").filter { $0.arguments["command"]?.stringValue == command }
    }

    // MARK: A mistake of the repository

    private func repair(_ project: RehearsalProject, command: String, failure: String) -> RehearsalScript {
        let suspects = project.suspects(output: failure, most: Self.files)
        guard !suspects.isEmpty else { return self.end("The tests fail, and I found no program file to mend.") }
        let read = self.steps.all("read").filter { !$0.result.isEmpty }
        let unread = suspects.filter { path in !read.contains { $0.arguments["path"]?.stringValue == path } }
        if !unread.isEmpty {
            return self.call("A test fails. I read the program.", unread.map { ("read", ["path": JSON($0)]) })
        }
        let slips = suspects.flatMap { path in
            RehearsalSlip.candidates(
                in: RehearsalFile.text(of: read.last { $0.arguments["path"]?.stringValue == path }?.result ?? ""),
                path: path)
        }
        return self.attempt(Array(slips.prefix(Self.tries)), command: command)
    }

    private func attempt(_ slips: [RehearsalSlip], command: String) -> RehearsalScript {
        let runs = self.run(of: command)
        let tried = runs.count - 1
        let previous = tried > 0 && tried <= slips.count ? slips[tried - 1] : nil
        if let previous, runs.last?.exitStatus == 0 { return self.commit(previous, command: command) }
        var calls: [(String, JSON)] = []
        if let previous { calls.append(Self.edit(previous.path, old: previous.new, new: previous.old)) }
        guard tried < slips.count else {
            let words =
                "I tried \(slips.count) small changes; the tests fail with each of them. The files are as before."
            if let call = calls.first, self.steps.all.last?.tool == "shell" { return self.call("", [call]) }
            return self.end(words + " For a repair that needs thought set `model.provider` in the configuration.")
        }
        let slip = slips[tried]
        calls.append(Self.edit(slip.path, old: slip.old, new: slip.new))
        calls.append(("shell", ["command": JSON(command)]))
        return self.call(
            tried == 0 ? "This line of `\(slip.path)` looks wrong; I change it and run the tests." : "", calls)
    }

    // MARK: The example

    private func makeExample(in project: RehearsalProject, because reason: String) -> RehearsalScript {
        let example = RehearsalExample(folder: project.exampleFolder)
        return self.call(
            "\(reason), so I make an example with a mistake in it.",
            [
                ("write", ["path": JSON(example.program.path), "text": JSON(example.program.text)]),
                ("write", ["path": JSON(example.test.path), "text": JSON(example.test.text)]),
            ])
    }

    private func repairExample() -> RehearsalScript {
        let folder =
            self.steps.all("write").first?.arguments["path"]?.stringValue?.split(separator: "/").first.map(String.init)
        let example = RehearsalExample(folder: folder ?? "example")
        let runs = self.run(of: example.command)
        guard let last = runs.last else {
            return self.call("I run its test.", [("shell", ["command": JSON(example.command)])])
        }
        let slip = RehearsalSlip(
            path: example.program.path, old: "    echo $(($1 - $2))", new: "    echo $(($1 + $2))")
        switch last.exitStatus {
        case 0: return self.commit(slip, command: example.command)
        case nil: return self.end("The test could not be run: \(Self.firstLine(of: last.result))")
        default: break
        }
        if runs.count > 1 { return self.end("The test still fails: \(Self.firstLine(of: last.result))") }
        guard let reading = self.steps.last("read") else {
            return self.call("It fails. I read the program.", [("read", ["path": JSON(slip.path)])])
        }
        guard reading.result.contains("$1 - $2") else { return self.end("The example is not what I wrote.") }
        return self.call(
            "It subtracts. I mend the line and run the test again.",
            [
                Self.edit(slip.path, old: slip.old, new: slip.new),
                ("shell", ["command": JSON(example.command)]),
            ])
    }

    // MARK: The end

    private func commit(_ slip: RehearsalSlip, command: String) -> RehearsalScript {
        let name = slip.path.split(separator: "/").last ?? ""
        guard let commit = self.steps.last("commit") else {
            return self.call("The tests pass. I commit.", [("commit", ["message": JSON("Fix \(name)")])])
        }
        var text = "`\(command)` passes now. In `\(slip.path)` I changed"
        text += "\n\n```diff\n-\(slip.old)\n+\(slip.new)\n```"
        if commit.result.contains("denied") {
            text += "\n\nThe change is not committed."
        } else if commit.result.contains("may have run") {
            text += "\n\nThe commit was interrupted: `diff` shows whether the change is committed."
        }
        return self.end(text)
    }

    private func end(_ text: String) -> RehearsalScript {
        RehearsalScript(text: "\(RehearsalChat.banner)\n\n\(text)")
    }

    private func call(_ text: String, _ calls: [(tool: String, arguments: JSON)]) -> RehearsalScript {
        var script = RehearsalScript(text: text)
        // Ids are unique in the turn: they go on from the calls that were made.
        script.calls = calls.enumerated().map { number, call in
            ToolCall(
                id: "rehearsal_\(self.steps.all.count + number + 1)", name: call.tool, arguments: call.arguments.text)
        }
        return script
    }

    private static func edit(_ path: String, old: String, new: String) -> (String, JSON) {
        ("edit", ["path": JSON(path), "old": JSON(old), "new": JSON(new)])
    }

    private static func firstLine(of text: String) -> String {
        String((text.split(separator: "\n").first ?? "no answer").prefix(200))
    }
}
