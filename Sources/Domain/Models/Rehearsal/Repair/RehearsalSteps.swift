internal import JSON

/// The calls that the rehearsal has made for the person's last request, each with its result, oldest first.
struct RehearsalSteps {
    struct Step {
        let tool: String
        let arguments: JSON
        let result: String

        /// The exit status of a command, if the result has one.
        var exitStatus: Int? {
            guard let line = self.result.split(separator: "\n").last(where: { $0.contains("exit ") }),
                let digits = line.split(separator: "exit ").last?.prefix(while: \.isNumber)
            else { return nil }
            return Int(digits)
        }
    }

    /// The request, in the person's words.
    let question: String
    let all: [Step]

    /// Nil if the last request is not for a repair, or is answered.
    init?(_ messages: [ModelMessage]) {
        guard let start = messages.lastIndex(where: { $0.role == .user && Self.isForRepair($0.text) }),
            !messages[start...].contains(where: { $0.role == .assistant && $0.toolCalls.isEmpty })
        else { return nil }
        self.init(question: messages[start].text, messages[start...])
    }

    /// - Parameter messages: The request and what follows it.
    init(question: String, _ messages: ArraySlice<ModelMessage>) {
        self.question = question
        var results: [String: String] = [:]
        for message in messages where message.role == .tool {
            if let id = message.toolCallID { results[id] = message.text }
        }
        self.all = messages.flatMap(\.toolCalls).map { call in
            Step(
                tool: call.name, arguments: (try? JSON.parse(call.arguments)) ?? .null,
                result: results[call.id] ?? "")
        }
    }

    private static func isForRepair(_ text: String) -> Bool {
        let words = RehearsalWords(text)
        return words.contains(anyOf: ["fix", "repair"]) && words.contains(anyOf: ["test", "tests"])
    }

    func last(_ tool: String) -> Step? { self.all.last { $0.tool == tool } }

    func all(_ tool: String) -> [Step] { self.all.filter { $0.tool == tool } }
}
