internal import JSON

/// The calls that the rehearsal has made for the person's last request, each with its result, oldest first.
///
/// The parts of a model at work have no state of their own: each answer is worked out from these.
struct RehearsalSteps {
    struct Step {
        let tool: String
        let arguments: JSON
        let result: String

        var path: String? { self.arguments["path"]?.stringValue }

        /// The exit status of a command, if the result has one.
        var exitStatus: Int? {
            guard let line = self.result.split(separator: "\n").last(where: { $0.contains("exit ") }),
                let digits = line.split(separator: "exit ").last?.prefix(while: \.isNumber)
            else { return nil }
            return Int(digits)
        }

        /// What the `read` tool shows of a file, without the numbers before its lines.
        var file: String {
            self.result.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
                let rest = line.drop { $0 == " " }.drop(while: \.isNumber)
                return rest.first == "\t" ? String(rest.dropFirst()) : nil
            }.joined(separator: "\n")
        }
    }

    let all: [Step]
    private let script: String
    private let callID: String

    /// - Parameters:
    ///   - messages: The messages so far; nil if the last one with a request is answered, or no request is among them.
    ///   - script: The file with the texts and calls.
    init?(
        _ messages: [ModelMessage], tools: [ModelTool], needing needed: [String], script: String, callID: String = "",
        where isRequest: (String) -> Bool
    ) {
        guard Set(tools.map(\.name)).isSuperset(of: needed),
            let start = messages.lastIndex(where: { $0.role == .user && isRequest($0.text) }),
            !messages[start...].contains(where: { $0.role == .assistant && $0.toolCalls.isEmpty })
        else { return nil }
        let results = Dictionary(
            messages[start...].filter { $0.role == .tool }.map { ($0.toolCallID ?? "", $0.text) }
        ) { _, last in last }
        self.all = messages[start...].flatMap(\.toolCalls).map { call in
            Step(
                tool: call.name, arguments: (try? JSON.parse(call.arguments)) ?? .null,
                result: results[call.id] ?? "")
        }
        self.script = script
        self.callID = callID
    }

    func all(_ tool: String) -> [Step] { self.all.filter { $0.tool == tool } }

    func last(_ tool: String) -> Step? { self.all.last { $0.tool == tool } }

    /// The last reading of a file.
    func reading(of path: String) -> Step? { self.all.last { $0.tool == "read" && $0.path == path } }

    func runs(of command: String) -> [Step] {
        self.all("shell").filter { $0.arguments["command"]?.stringValue == command }
    }

    /// A part of the script: lines `> tool {…}` are calls, the others are said.
    func play(_ part: String, _ values: JSON = [:]) -> RehearsalScript {
        let lines = RehearsalPage.section(part, of: self.script, values).split(separator: "\n")
        var script = RehearsalScript(text: lines.filter { !$0.hasPrefix("> ") }.joined(separator: "\n"))
        for line in lines where line.hasPrefix("> ") {
            let words = line.dropFirst(2).split(separator: " ", maxSplits: 1)
            // IDs are unique in the turn: they continue from the calls that were made.
            script.calls.append(
                ToolCall(
                    id: "rehearsal_\(self.callID)\(self.all.count + script.calls.count + 1)", name: String(words[0]),
                    arguments: (try? JSON.parse(String(words[1])))?.text ?? "{}"))
        }
        return script
    }

    /// The last answer.
    func end(_ text: String) -> RehearsalScript { RehearsalScript(text: "\(RehearsalChat.banner)\n\n\(text)") }

    /// - Parameter skipped: Lines before it.
    static func line(of text: String, after skipped: Int = 0) -> String {
        String((text.split(separator: "\n").dropFirst(skipped).first ?? "no answer").prefix(200))
    }
}
