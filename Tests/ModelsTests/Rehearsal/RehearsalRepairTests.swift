import JSON
import Models
import TestSupport
import Testing

@Suite("The rehearsal's repair", .timeLimit(.minutes(1)))
struct RehearsalRepairTests {
    /// A workspace in memory whose tests are a condition on the files.
    private struct Workshop {
        var files: [String: String]
        let passes: ([String: String]) -> Bool
        var commits: [String] = []
        var commands: [String] = []

        mutating func answer(_ call: ToolCall) throws -> String {
            let arguments = try JSON.parse(call.arguments)
            let path = arguments["path"]?.stringValue ?? ""
            switch call.name {
            case "list": return self.files.keys.sorted().joined(separator: "\n")
            case "read":
                let lines = try #require(self.files[path]).split(separator: "\n", omittingEmptySubsequences: false)
                return lines.enumerated().map { "\($0 + 1)\t\($1)" }.joined(separator: "\n")
            case "write":
                self.files[path] = arguments["text"]?.stringValue
                return "written"
            case "edit":
                let old = try #require(arguments["old"]?.stringValue)
                let new = try #require(arguments["new"]?.stringValue)
                let parts = try #require(self.files[path]).split(separator: old, omittingEmptySubsequences: false)
                try #require(parts.count == 2)
                self.files[path] = parts.joined(separator: new)
                return "changed"
            case "shell":
                self.commands.append(arguments["command"]?.stringValue ?? "")
                return self.passes(self.files) ? "ok\nexit 0 · 0.1 s" : "not ok: sum\nexit 1 · 0.1 s"
            case "commit":
                self.commits.append(arguments["message"]?.stringValue ?? "")
                return "committed"
            default:
                Issue.record("an unknown tool: \(call.name)")
                return ""
            }
        }
    }

    private static let tools = ["read", "list", "edit", "write", "shell", "commit"].map {
        ModelTool(name: $0, description: $0, parameters: [:])
    }

    /// Runs the conversation to its end and returns the last text.
    private func play(_ workshop: inout Workshop, _ question: String = "fix the failing test") async throws -> String {
        let model = RehearsalModel(pace: nil)
        var messages = [ModelMessage(.system, "You are a coder."), ModelMessage(.user, question)]
        for _ in 0..<40 {
            var text = ""
            var calls: [ToolCall] = []
            for try await event in model.stream(ModelRequest(messages: messages, tools: Self.tools)) {
                if case .delta(let piece) = event { text += piece }
                if case .toolCall(let call) = event { calls.append(call) }
            }
            guard !calls.isEmpty else { return text }
            messages.append(ModelMessage(.assistant, text, toolCalls: calls))
            for call in calls {
                messages.append(ModelMessage(.tool, try workshop.answer(call), toolCallID: call.id))
            }
        }
        Issue.record("the repair has no end")
        return ""
    }

    @Test("A wrong sign is found, mended, tested and committed")
    func mends() async throws {
        let wrong = "def add(a, b):\n    return a - b\n"
        var workshop = Workshop(files: ["Makefile": "test:\n", "sum.py": wrong, "test_sum.py": "assert"]) {
            $0["sum.py"]?.contains("a + b") == true
        }
        let text = try await self.play(&workshop)
        expectEqual(workshop.files["sum.py"], "def add(a, b):\n    return a + b\n")
        expectEqual(workshop.commits, ["Fix sum.py"])
        expectEqual(Set(workshop.commands), ["make test"])
        #expect(text.contains("`make test` passes now"))
    }

    @Test("Where nothing fails an example is made and mended")
    func example() async throws {
        var workshop = Workshop(files: ["README.md": "# Notes\n"]) {
            $0["example/sum.sh"]?.contains("$1 + $2") == true
        }
        let text = try await self.play(&workshop)
        expectEqual(workshop.commits, ["Fix sum.sh"])
        expectEqual(workshop.commands, ["sh example/test.sh", "sh example/test.sh"])
        #expect(text.contains("passes now"))
    }

    @Test("What it cannot mend is left as it was, and it says so")
    func givesUp() async throws {
        let text = "int half(int n) {\n    return n - 2;\n}\n"
        var workshop = Workshop(files: ["Makefile": "test:\n", "half.c": text]) { _ in false }
        let answer = try await self.play(&workshop)
        expectEqual(workshop.files["half.c"], text)
        #expect(workshop.commits.isEmpty)
        #expect(answer.contains("The files are as before"))
    }

    @Test("Without tools, and for other questions, it talks as before")
    func talks() async throws {
        var workshop = Workshop(files: [:]) { _ in true }
        #expect(try await self.play(&workshop, "what is a test?").contains("rehearsal"))
        #expect(workshop.commands.isEmpty)
    }
}
