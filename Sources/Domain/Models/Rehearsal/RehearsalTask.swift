internal import JSON

/// The rehearsal in the part of a coding model that carries out one task: reads the files that the task names, writes
/// something small that works into them, runs a check, and says how it went.
struct RehearsalTask {
    /// Files of one task that are written.
    private static let files = 4
    private static let forms = RehearsalPage.sections(of: "task.md")

    /// `T012`
    private let id: String
    /// The description, without id and labels.
    private let text: String
    /// In the order of the text, each once.
    private let paths: [String]
    private let steps: RehearsalSteps

    /// Nil if no task is to be carried out, or its tools are missing.
    init?(_ messages: [ModelMessage], tools: [ModelTool]) {
        guard let order = messages.last(where: { $0.role == .user && Self.order($0.text) != nil }),
            let (id, text) = Self.order(order.text),
            let steps = RehearsalSteps(
                messages, tools: tools, needing: ["read", "write", "shell"], script: "task.md", callID: "\(id)_",
                where: { Self.order($0) != nil })
        else { return nil }
        self.id = id
        self.text = text
        self.paths = Array(Self.paths(in: text).prefix(Self.files))
        self.steps = steps
    }

    var script: RehearsalScript {
        guard !self.paths.isEmpty else {
            return self.end("\(self.id) names no file, so there is nothing that a script could write.", "already done")
        }
        let unread = self.paths.filter { self.steps.reading(of: $0) == nil }
        guard unread.isEmpty else { return self.steps.play("look", ["paths": JSON(unread.map { JSON($0) })]) }
        if self.steps.all("write").isEmpty { return self.write() }
        if let refused = self.steps.all("write").first(where: { !$0.result.contains("Done: ") }) {
            // The first line is the word for the outcome.
            return self.end("I could not write.", "failed: \(RehearsalSteps.line(of: refused.result, after: 1))")
        }
        guard let check = self.steps.last("shell") else {
            let commands = self.paths.map { path in
                switch Self.ending(of: path) {
                case "sh", "bash": Self.isTest(path) ? "sh \(path)" : "sh -n \(path)"
                default: "test -s \(path)"
                }
            }
            return self.steps.play("check", ["command": JSON(commands.joined(separator: " && "))])
        }
        switch check.exitStatus {
        case 0: return self.end("I have carried out \(self.id) as far as a script can.", "done")
        case nil:
            let reason = RehearsalSteps.line(of: check.result, after: 1)
            return self.end("The check could not be run.", "failed: \(reason)")
        case let status?: return self.end("The check fails.", "failed: the check ended with exit \(status)")
        }
    }

    private func end(_ text: String, _ result: String) -> RehearsalScript {
        self.steps.end("\(text)\n\nResult: \(result)")
    }

    // MARK: The order

    /// The id and the text in “Carry out one task of the feature …”.
    private static func order(_ message: String) -> (id: String, text: String)? {
        guard let start = message.firstRange(of: "Carry out one task of the feature ") else { return nil }
        let lines = message[start.lowerBound...].split(separator: "\n")
        guard let id = lines.first?.split(separator: " ").last?.dropLast(), id.first == "T",
            id.dropFirst().first?.isNumber == true,
            let line = lines.dropFirst().first(where: { $0.hasPrefix("\(id) ") })
        else { return nil }
        var text = line.dropFirst(id.count + 1)
        while text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[end...].dropFirst().drop { $0 == " " }
        }
        return (String(id), String(text))
    }

    private static func paths(in text: String) -> [String] {
        var paths: [String] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || $0 == "," || $0 == ";" }) {
            let start = word.drop { "`'\"*(<".contains($0) }
            let path = String(start.reversed().drop { "`'\"*)>:.!?".contains($0) }.reversed()).trimmingPrefix("./")
            if Self.isFile(path), !paths.contains(String(path)) { paths.append(String(path)) }
        }
        return paths
    }

    private static func isFile(_ path: Substring) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || "./_-".contains($0) }),
            !parts.contains(where: { ["", "..", ".", ".git"].contains($0) }), let name = parts.last
        else { return false }
        let ending = name.split(separator: ".", omittingEmptySubsequences: false).last ?? ""
        let hasEnding = name.contains(".") && 1...8 ~= ending.count && ending.contains(where: \.isLetter)
        // "src/user" is a file name; "user.name" and "and/or" are not.
        guard parts.count > 1 else {
            return hasEnding && self.forms.contains { $0.names.contains(String(ending)) } || name == "Makefile"
        }
        return hasEnding || name == "Makefile" || name == "Dockerfile"
    }

    // MARK: The files

    private func write() -> RehearsalScript {
        let files = self.paths.compactMap { path in self.content(of: path).map { (path, $0) } }
        guard !files.isEmpty else { return self.end("The files have what \(self.id) asks for.", "already done") }
        return self.steps.play(
            "write",
            [
                "names": JSON(files.map { "`\($0.0)`" }.joined(separator: ", ")),
                "files": JSON(files.map { ["path": JSON($0), "text": JSON($1)] }),
            ])
    }

    /// A file's new content; nil if it has the task's text already, or a form in which nothing can be added at the end.
    private func content(of path: String) -> String? {
        let result = self.steps.reading(of: path)?.result ?? ""
        // A part of a file must not replace the whole.
        guard !result.contains("Read on with from"), !result.contains("characters are cut") else { return nil }
        let file = result.contains("<data-") ? self.steps.reading(of: path)?.file ?? "" : ""
        let old = file.allSatisfy(\.isWhitespace) ? "" : file
        let form = Self.forms.first { $0.names.contains(Self.ending(of: path)) } ?? Self.forms[Self.forms.count - 1]
        guard old.isEmpty || !form.names.contains("new") && !old.contains("\(self.id): ") else { return nil }
        let part = RehearsalPage.fill(form.text, self.values(for: path, old: old)) + "\n"
        return old.isEmpty ? part : old + (old.hasSuffix("\n") ? "\n" : "\n\n") + part
    }

    private func values(for path: String, old: String) -> JSON {
        let name = String(path.split(separator: "/").last?.split(separator: ".").first ?? "file")
        let title = name.split { $0 == "-" || $0 == "_" }.map(\.rehearsedName).joined(separator: " ")
        let line = self.text.rehearsedLine
        let sentence = line.count > 100 ? line.prefix(99) + "…" : line
        let words = sentence.split(separator: " ").prefix { !$0.contains("/") && !$0.contains(".") }.prefix(8)
        let identifier = String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
        let scripts = self.paths.filter { $0 != path && Self.ending(of: $0) == "sh" && !Self.isTest($0) }
        return [
            "id": JSON(self.id), "old": JSON(old), "name": JSON(name), "title": JSON(title),
            "sentence": JSON(sentence), "line": JSON("\(self.id): \(sentence)"),
            "heading": JSON(words.isEmpty ? title : words.joined(separator: " ")),
            "identifier": JSON("\(identifier)_\(self.id.lowercased())"), "isTest": JSON(Self.isTest(path)),
            "scripts": JSON(scripts.map { JSON($0) }),
        ]
    }

    private static func ending(of path: String) -> String { String(path.split(separator: ".").last ?? "").lowercased() }

    private static func isTest(_ path: String) -> Bool { path.lowercased().contains("test") }
}
