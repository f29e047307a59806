/// What the rehearsal writes into a file for a task: something small that works, in the file's own form.
struct RehearsalSource {
    let path: String
    let order: RehearsalOrder
    /// The other files of the task.
    let others: [String]

    /// The file's new content; nil if `old` has it already or cannot be added to.
    func text(after old: String?) -> String? {
        let mark = "\(self.order.id): "
        guard let old, old.contains(where: { !$0.isWhitespace }) else { return self.whole }
        guard !old.contains(mark), let part = self.part else { return nil }
        return (old.hasSuffix("\n") ? old : old + "\n") + "\n" + part
    }

    /// A command that checks the files.
    static func check(of paths: [String]) -> String {
        var commands: [String] = []
        for path in paths {
            switch Self.ending(of: path) {
            case "sh", "bash": commands.append(Self.isTest(path) ? "sh \(path)" : "sh -n \(path)")
            default: commands.append("test -s \(path)")
            }
        }
        return commands.joined(separator: " && ")
    }

    static func isKnown(_ ending: String) -> Bool {
        Self.comments[ending] != nil || ["md", "json", "txt", "css", "html"].contains(ending)
    }

    // MARK: Forms

    private static let comments: [String: String] = [
        "sh": "#", "bash": "#", "py": "#", "rb": "#", "pl": "#", "yaml": "#", "yml": "#", "toml": "#", "ini": ";",
        "swift": "//", "js": "//", "mjs": "//", "ts": "//", "tsx": "//", "jsx": "//", "go": "//", "rs": "//", "c": "//",
        "h": "//", "cc": "//", "cpp": "//", "java": "//", "kt": "//", "cs": "//", "php": "//", "dart": "//",
        "sql": "--", "lua": "--", "hs": "--",
    ]

    private static func ending(of path: String) -> String {
        String(path.split(separator: ".").last ?? "").lowercased()
    }

    private static func isTest(_ path: String) -> Bool { path.lowercased().contains("test") }

    private var ending: String { Self.ending(of: self.path) }
    private var name: String { String(self.path.split(separator: "/").last?.split(separator: ".").first ?? "file") }
    private var line: String { "\(self.order.id): \(self.sentence)" }

    private var sentence: String {
        let text = self.order.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.count > 100 ? text.prefix(99) + "…" : text
    }

    private var title: String {
        self.name.split(whereSeparator: { $0 == "-" || $0 == "_" }).map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: " ")
    }

    /// A new file.
    private var whole: String {
        switch self.ending {
        case "md": "# \(self.title)\n\n" + (self.part ?? "")
        case "sh", "bash": "#!/bin/sh\n" + (self.part ?? "")
        case "json": "{\n  \"task\": \"\(self.order.id)\",\n  \"name\": \"\(self.name)\"\n}\n"
        case "html":
            """
            <!DOCTYPE html>
            <html lang="en">
            <head><meta charset="utf-8"><title>\(self.title)</title></head>
            <body>
            <!-- \(self.order.id): written by a rehearsal -->
            <h1>\(self.title)</h1>
            </body>
            </html>

            """
        default: self.part ?? "\(self.line)\n"
        }
    }

    /// What is added to a file; nil for a form in which nothing can be added at the end.
    private var part: String? {
        switch self.ending {
        case "md": "## \(self.order.id): \(self.heading)\n\n\(self.sentence)\n\nWritten by a rehearsal.\n"
        case "sh", "bash": self.shell
        case "css": "/* \(self.line) */\n"
        case "txt": "\(self.line)\n"
        case "json", "html": nil
        case "py":
            "# \(self.line)\ndef \(self.identifier)():\n    return \"\(self.order.id)\"\n"
        case "js", "mjs", "ts", "jsx", "tsx":
            "// \(self.line)\nexport const \(self.identifier) = () => \"\(self.order.id)\";\n"
        default: Self.comments[self.ending].map { "\($0) \(self.line)\n" } ?? "# \(self.line)\n"
        }
    }

    private var heading: String {
        let words = self.sentence.split(separator: " ").prefix { !$0.contains("/") && !$0.contains(".") }.prefix(8)
        return words.isEmpty ? self.title : words.joined(separator: " ")
    }

    private var identifier: String {
        let words = self.name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
        return String(words) + "_" + self.order.id.lowercased()
    }

    private var shell: String {
        guard Self.isTest(self.path) else {
            return """
                # \(self.line)
                set -eu
                echo "\(self.order.id) works"

                """
        }
        let scripts = self.others.filter { Self.ending(of: $0) == "sh" && !Self.isTest($0) }
        let runs = scripts.map { "sh \($0) > /dev/null\n" }.joined()
        return "# \(self.line)\nset -eu\n\(runs)echo \"ok: \(self.order.id)\"\n"
    }
}
