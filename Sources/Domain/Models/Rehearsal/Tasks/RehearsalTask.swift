internal import JSON

/// The rehearsal in the part of a coding model that carries out one task: reads the files that the task names, writes them,
/// runs a small check, and says how it went.
///
/// It has no state: each answer is worked out from the calls and results so far.
struct RehearsalTask {
    /// Files of one task that are written.
    private static let files = 4

    private let order: RehearsalOrder
    private let steps: RehearsalSteps

    /// Nil if no task is to be carried out, or its tools are missing.
    init?(_ messages: [ModelMessage], tools: [ModelTool]) {
        guard Set(tools.map(\.name)).isSuperset(of: ["read", "write", "shell"]),
            let start = messages.lastIndex(where: { $0.role == .user && RehearsalOrder($0.text) != nil }),
            let order = RehearsalOrder(messages[start].text),
            !messages[start...].contains(where: { $0.role == .assistant && $0.toolCalls.isEmpty })
        else { return nil }
        self.order = order
        self.steps = RehearsalSteps(question: order.text, messages[start...])
    }

    var script: RehearsalScript {
        let paths = Array(self.order.paths.prefix(Self.files))
        guard !paths.isEmpty else {
            return self.end(
                "\(self.order.id) names no file, so there is nothing that a script could write.", "already done")
        }
        let unread = paths.filter { self.reading(of: $0) == nil }
        if !unread.isEmpty {
            return self.call("I look at what is there.", unread.map { ("read", ["path": JSON($0)]) })
        }
        if self.steps.all("write").isEmpty {
            let calls = paths.compactMap { self.write($0, among: paths) }
            if calls.isEmpty {
                return self.end("The files have what \(self.order.id) asks for.", "already done")
            }
            return self.call("I write \(self.named(calls)).", calls)
        }
        if let refused = self.steps.all("write").first(where: { !Self.isWritten($0.result) }) {
            return self.end("I could not write.", "failed: \(Self.firstLine(of: refused.result))")
        }
        guard let check = self.steps.last("shell") else {
            return self.call("I check it.", [("shell", ["command": JSON(RehearsalSource.check(of: paths))])])
        }
        switch check.exitStatus {
        case 0: return self.end("I have carried out \(self.order.id) as far as a script can.", "done")
        case nil: return self.end("The check could not be run.", "failed: \(Self.firstLine(of: check.result))")
        case let status?: return self.end("The check fails.", "failed: the check ended with exit \(status)")
        }
    }

    private func reading(of path: String) -> RehearsalSteps.Step? {
        self.steps.all("read").last { $0.arguments["path"]?.stringValue == path }
    }

    /// The call that writes a file; nil if the file has the task's text already, or a form that cannot be added to.
    private func write(_ path: String, among paths: [String]) -> (tool: String, arguments: JSON)? {
        let result = self.reading(of: path)?.result ?? ""
        // A part of a file must not replace the whole.
        guard !result.contains("Read on with from"), !result.contains("characters are cut") else { return nil }
        let isThere = result.contains("<data-")
        let old = isThere ? RehearsalFile.text(of: result) : nil
        let source = RehearsalSource(path: path, order: self.order, others: paths.filter { $0 != path })
        guard let text = source.text(after: old) else { return nil }
        return ("write", ["path": JSON(path), "text": JSON(text)])
    }

    private func named(_ calls: [(tool: String, arguments: JSON)]) -> String {
        calls.compactMap { $0.arguments["path"]?.stringValue.map { "`\($0)`" } }.joined(separator: ", ")
    }

    private static func isWritten(_ result: String) -> Bool { result.contains("Done: ") }

    private func end(_ text: String, _ result: String) -> RehearsalScript {
        RehearsalScript(text: "\(RehearsalChat.banner)\n\n\(text)\n\nResult: \(result)")
    }

    private func call(_ text: String, _ calls: [(tool: String, arguments: JSON)]) -> RehearsalScript {
        var script = RehearsalScript(text: text)
        script.calls = calls.enumerated().map { number, call in
            ToolCall(
                id: "rehearsal_\(self.order.id)_\(self.steps.all.count + number + 1)", name: call.tool,
                arguments: call.arguments.text)
        }
        return script
    }

    /// Without the word for the outcome, which is the result's first line.
    private static func firstLine(of text: String) -> String {
        String((text.split(separator: "\n").dropFirst().first ?? "no answer").prefix(200))
    }
}
