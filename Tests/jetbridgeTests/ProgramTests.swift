import JSON
import Testing

@testable import jetbridge

@Suite("The program", .timeLimit(.minutes(1)))
struct ProgramTests {
    @Test(
        "every promised command is known",
        arguments: [
            "serve", "chat", "login", "logout", "models", "doctor", "config check", "config template", "sessions list",
            "sessions show", "sessions archive", "token create", "token list", "token revoke", "pair", "spec", "run",
            "tasks", "usage", "audit export", "proxy", "version", "completions",
        ])
    func promised(_ name: String) {
        let path = name.split(separator: " ").map(String.init)
        let table = CommandTable.standard
        #expect(table.syntax(of: path) != nil || table.later.contains(path[0]))
    }

    @Test("the version is one line, or one JSON document")
    func version() async throws {
        let plain = await run("version")
        #expect(plain.status == .done && plain.output.hasPrefix("jetbridge ") && plain.errors.isEmpty)
        let json = await run("version", "--json")
        #expect(try JSON.parse(json.output)["version"]?.stringValue?.isEmpty == false)
        #expect(json.output.filter { $0 == "\n" }.count == 1)
    }

    @Test("a wrong command line is one line on stderr and status 64")
    func usage() async {
        let result = await run("srve")
        #expect(result.status == .usage && result.output.isEmpty)
        #expect(result.errors == "jetbridge: unknown command 'srve'; did you mean 'serve'?; see 'jetbridge --help'\n")
    }

    @Test("a command of a later release is one line on stderr and status 1", arguments: ["spec", "audit", "tasks"])
    func later(_ name: String) async {
        let result = await run(name, "x")
        #expect(result.status == .failed && result.output.isEmpty)
        #expect(result.errors.hasPrefix("jetbridge: '\(name)' comes with a later release"))
        #expect(result.errors.filter { $0 == "\n" }.count == 1)
    }

    @Test("help fits 80 columns and says how it is typed", arguments: CommandTable.standard.paths)
    func help(_ path: [String]) {
        let text = HelpText(table: .standard, output: Terminal { _ in }).text(of: path)
        #expect(text.contains((["Usage: jetbridge"] + path).joined(separator: " ")))
        for line in text.split(separator: "\n") where !line.hasPrefix("  jetbridge ") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("help takes a command's words and knows a slip")
    func helpCommand() async {
        #expect(await run("help", "config", "check").output.hasPrefix("Tell everything that is wrong"))
        #expect(await run("help", "config", "chekc").errors.contains("did you mean 'check'?"))
        #expect(await run("help").output == run("--help").output)
    }

    @Test("colours are for terminals only")
    func colours() {
        let terminal = Terminal(isTerminal: true) { _ in }
        #expect(HelpText(table: .standard, output: terminal).text(of: []).contains("\u{1B}[1mUsage:\u{1B}[0m"))
        #expect(!HelpText(table: .standard, output: Terminal { _ in }).text(of: []).contains("\u{1B}"))
    }

    @Test("an output that takes nothing is told")
    func fullDisk() {
        let full = Terminal(descriptor: -1, environment: [:])
        #expect(throws: CommandFailure("the output cannot be written: Bad file descriptor")) { try full.write("x") }
    }
}
