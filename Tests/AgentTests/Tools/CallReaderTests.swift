import Agent
import JSON
import Models
import TestSupport
import Testing

@Suite("Reading a model's calls", .timeLimit(.minutes(1)))
struct CallReaderTests {
    private static func read(_ name: String, _ arguments: String) -> CallReading {
        CallReader(tools: ToolCatalog.all).read(ToolCall(id: "c1", name: name, arguments: arguments), as: "1.1")
    }

    private static func arguments(_ reading: CallReading) -> JSON? {
        if case .call(let call) = reading { call.arguments } else { nil }
    }

    private static func failure(_ reading: CallReading) -> String {
        if case .failed(let result) = reading { result.text } else { "no failure" }
    }

    struct Mended: Sendable {
        let name: String
        let written: String
        let read: JSON

        init(_ name: String, _ written: String, _ read: JSON) {
            (self.name, self.written, self.read) = (name, written, read)
        }
    }

    @Test(
        "What has one meaning only is mended",
        arguments: [
            Mended("list", "", [:]), Mended("list", "  \n", [:]), Mended("list", "null", [:]),
            Mended("list", "{}", [:]), Mended("list", "```json\n{}\n```", [:]),
            Mended("read", #"{"path":"a"}"#, ["path": "a"]),
            Mended("read", #""{\"path\":\"a\"}""#, ["path": "a"]),
            Mended("read", "```json\n{\"path\":\"a\"}\n```", ["path": "a"]),
            Mended("read", "```\n{\"path\":\"a\"}```", ["path": "a"]),
            Mended("read", #"{"path":"a","from":"12"}"#, ["path": "a", "from": 12]),
            Mended("read", #"{"path":"a","from":3.0}"#, ["path": "a", "from": 3]),
            Mended("read", #"{"from":2,"path":"a"}"#, ["path": "a", "from": 2]),
            Mended("read", #"{"path":"a","to":null}"#, ["path": "a"]),
            Mended(
                "edit", #"{"path":"a","old":"x","new":"","all":"true"}"#,
                ["path": "a", "old": "x", "new": "", "all": true]),
            Mended(
                "ask_user", #"{"question":"Which?","options":"[\"a\",\"b\"]"}"#,
                ["question": "Which?", "options": ["a", "b"]]),
            Mended(
                "write", "{\"path\":\"a\",\"text\":\"```\\nx\\n```\"}", ["path": "a", "text": "```\nx\n```"]),
        ])
    func mends(_ sample: Mended) {
        let reading = Self.read(sample.name, sample.written)
        expectEqual(Self.arguments(reading), sample.read, "\(reading)")
        // The order of the members is the schema's, so that equal arguments are equal text.
        expectEqual(Self.arguments(reading)?.text, sample.read.text)
    }

    @Test(
        "What does not fit is refused with what was expected and what came",
        arguments: [
            ("read", "{}", "path: expected a string, got nothing: the field is missing"),
            ("read", #"{"path":7}"#, "path: expected a string, got the number 7"),
            ("read", #"{"path":""}"#, "path: expected text, got an empty string"),
            ("read", #"{"path":"a","from":0}"#, "from: expected a whole number from 1, got 0"),
            ("read", #"{"path":"a","from":"first"}"#, #"from: expected a whole number from 1, got the string "first""#),
            (
                "read", #"{"path":"a","form":1}"#,
                "form: expected only the fields path, from, to, got an extra field; did you mean from?"
            ),
            ("list", #"{"depth":4}"#, "depth: expected a whole number from 1 to 3, got 4"),
            (
                "grep", #"{"pattern":"x","mode":"fuzzy"}"#,
                #"mode: expected one of regex, text, names, got the string "fuzzy""#
            ),
            (
                "tasks", #"{"tasks":[{"text":"a","state":"open"},{"text":"b"}]}"#,
                "tasks[1].state: expected one of open, doing, done, got nothing"
            ),
            (
                "ask_user", #"{"question":"a","options":["1","2","3","4","5","6"]}"#,
                "options: expected at most 5 items, got 6"
            ),
            ("read", "[1]", "arguments: expected an object, got a list"),
            ("read", #""path""#, #"arguments: expected an object, got the string "path""#),
            ("read", "{path: a}", "not valid JSON at byte 1"),
            ("read", #"{"path":"a"} {"path":"b"}"#, "unexpected text after the value"),
            (
                "edit", #"{"path":"a","old":"x","new":"y","all":"yes"}"#,
                #"all: expected true or false, got the string "yes""#
            ),
        ])
    func refuses(_ name: String, _ arguments: String, _ text: String) {
        #expect(Self.failure(Self.read(name, arguments)).contains(text), "\(Self.failure(Self.read(name, arguments)))")
    }

    @Test(
        "Cut arguments are never closed",
        arguments: [
            #"{"command":"rm -r build"#, #"{"command":"rm -r build""#, #"{"command":"#, "{", #"{"command":"a\"#,
            #"{"command":"a","timeout":1"#,
        ])
    func cut(_ arguments: String) {
        let text = Self.failure(Self.read("shell", arguments))
        #expect(text.contains("ended after \(arguments.utf8.count) bytes, nothing ran"), "\(text)")
        #expect(text.contains("send smaller pieces"))
    }

    @Test("An unknown tool is answered with the list of tools")
    func unknown() {
        let text = Self.failure(Self.read("raed", "{}"))
        #expect(text.contains("Did you mean read?"))
        #expect(
            text.contains(
                "read, grep, list, edit, patch, write, shell, search, fetch, commit, ask_user, tasks, skill, remember"))
        let reading = CallReader(tools: []).read(ToolCall(id: "1", name: "x", arguments: ""), as: "1.1")
        #expect(Self.failure(reading).contains("no tools"))
        #expect(
            !Self.failure(Self.read("a\u{202E}b\u{1B}[0m", "{}")).unicodeScalars.contains {
                $0.value == 0x202E || $0.value == 0x1B
            })
    }

    @Test(
        "Huge arguments are refused unread",
        arguments: [String(repeating: "a", count: 1 << 20), String(repeating: "line\n", count: 200_000)])
    func huge(_ text: String) {
        let arguments = JSON.object(["path": "a", "text": .string(text)]).text
        #expect(Self.failure(Self.read("write", arguments)).contains("Send smaller pieces"))
    }

    @Test("The catalogue's order and bytes are fixed")
    func catalogue() {
        expectEqual(
            ToolCatalog.all.map(\.name),
            [
                "read", "grep", "list", "edit", "patch", "write", "shell", "search", "fetch", "commit", "ask_user",
                "tasks", "skill", "remember", "delegate",
            ])
        expectEqual(ToolCatalog.definitions(of: ["write", "nothing", "read"]).map(\.name), ["read", "write"])
        expectEqual(
            ToolCatalog.definition(of: "list")?.parameters.text,
            """
            {"type":"object","properties":{"path":{"type":"string","description":"Folder; /workspace if left out."},\
            "depth":{"type":"integer","minimum":1,"maximum":3,"description":"Levels; 1 if left out."}},\
            "required":[],"additionalProperties":false}
            """)
        #expect(ToolCatalog.all.allSatisfy { $0.parameters["additionalProperties"] == false })
    }
}
