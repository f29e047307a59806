import Glibc
import Host
import JSON
import TestSupport
import Testing

@testable import jetbridge

@Suite("The program", .timeLimit(.minutes(1)))
struct ProgramTests {
    @Test(
        "every documented command is known",
        arguments: [
            "serve", "chat", "login", "logout", "models", "doctor", "config check", "config print",
            "config template", "sessions list",
            "sessions show", "sessions archive", "sessions delete", "token create", "token list", "token revoke",
            "pair", "spec check", "run",
            "tasks list", "tasks sync", "usage", "audit export", "proxy", "version", "completions",
        ])
    func promised(_ name: String) {
        let path = name.split(separator: " ").map(String.init)
        let table = CommandTable.standard
        #expect(table.syntax(of: path) != nil)
    }

    @Test("the version is printed as one line or one JSON document")
    func version() async throws {
        let plain = await run("version")
        #expect(plain.status == .done && plain.output.hasPrefix("jetbridge ") && plain.errors.isEmpty)
        let json = await run("version", "--json")
        try expectEqual(JSON.parse(json.output)["version"]?.stringValue?.isEmpty, false)
        expectEqual(json.output.filter { $0 == "\n" }.count, 1)
        await expectEqual(run("--version").output, plain.output)
        await expectEqual(run("--json", "--version").output, json.output)
        await expectEqual(run("serve", "--version").status, .usage)
    }

    @Test("the manual page has every command, option and word of help, and nothing that roff would interpret")
    func manual() async {
        let page = await run("help", "--man")
        #expect(page.status == .done && page.errors.isEmpty && page.output.utf8.allSatisfy { $0 < 0x80 })
        let lines = page.output.split(separator: "\n").map(String.init)
        let requests = Set(
            lines.filter { $0.hasPrefix(".") }.compactMap { $0.split(separator: " ").first.map(String.init) })
        expectEqual(requests, [".TH", ".SH", ".SS", ".TP", ".B", ".I", ".PP", ".nf", ".fi"])
        let plain = page.output.replacing("\\-", with: "-").replacing("\\(dq", with: "\"").replacing("\\e", with: "\\")
            .replacing("\\[u2026]", with: "…")
        for syntax in CommandTable.standard.syntaxes {
            #expect(plain.contains(".SS \"\(syntax.usage)\"\n\(syntax.summary).\n"), "\(syntax.name)")
            for option in syntax.options { #expect(plain.contains("\"\(option.usage)\"\n\(option.help)\n")) }
            for example in syntax.examples { #expect(plain.contains("\n    \(example)\n")) }
        }
        #expect(lines.allSatisfy { $0.hasPrefix(".") || $0.hasPrefix("\\&") || !$0.hasPrefix("'") })
    }

    @Test("there is a manual page of every command and of the configuration, with what roff understands")
    func manualPages() async throws {
        func read(_ path: String) throws -> String {
            String(decoding: try FileReader.read(path, limit: 1 << 20).bytes, as: UTF8.self)
        }
        let folder = try TemporaryDirectory()
        let result = await run("help", "--man-pages", folder.path)
        #expect(result.status == .done && result.output.isEmpty && result.errors.isEmpty)
        let words = CommandTable.standard.words(after: [])
        for name in ["jetbridge.1", "jetbridge.yaml.5"] + words.map({ "jetbridge-\($0).1" }) {
            let page = try read("\(folder.path)/\(name)")
            #expect(page.hasPrefix(".TH JETBRIDGE") && page.utf8.allSatisfy { $0 < 0x80 })
            #expect(page.contains("\n.SH NAME\n") && !page.contains("\n.SS \"\"\n"), "\(name)")
            #expect(page.split(separator: "\n").allSatisfy { !$0.hasPrefix("'") })
        }
        let settings = try read("\(folder.path)/jetbridge.yaml.5")
        for key in ["data_dir", "gateway", "jail", "policy"] { #expect(settings.contains("\n.SS \"\(key)\"\n")) }
        let config = try read("\(folder.path)/jetbridge-config.1")
        #expect(config.contains("config check") && config.contains("config template"))
        await expectEqual(run("help", "--man-pages", "/dev/null/man").status, .failed)
    }

    @Test("an invalid command line gives one line on stderr and status 64")
    func usage() async {
        let result = await run("srve")
        #expect(result.status == .usage && result.output.isEmpty)
        expectEqual(result.errors, "jetbridge: unknown command 'srve'; did you mean 'serve'?; see 'jetbridge --help'\n")
    }

    @Test("a token without a valid scope is wrong usage, found before anything is opened")
    func scopes() async {
        let missing = await run("token", "create")
        expectEqual(missing.status, .usage)
        expectEqual(
            missing.errors,
            "jetbridge: 'token create' needs --scope SCOPE[,…], some of read, chat, run, documents, tasks, proxy, admin; see 'jetbridge token create --help'\n"
        )
        for scopes in ["red", "chat,red", "chat,", ","] {
            let wrong = await run("token", "create", "--scope", scopes)
            expectEqual(wrong.status, .usage, "\(scopes)")
            #expect(wrong.errors.contains("is not one of read, chat, run, documents, tasks, proxy, admin"))
        }
    }

    @Test(
        "limits of a token that make no sense are wrong usage, found before anything is opened",
        arguments: [
            (["--scope", "read", "--models", "a"], "--models limits a key of the proxy, so it needs --scope proxy"),
            (["--scope", "admin", "--tokens-per-day", "5"], "--tokens-per-day limits a key of the proxy"),
            (["--scope", "proxy", "--models", ","], "--models ',' contains an empty name"),
            (["--scope", "proxy", "--models", ""], "'--models' needs MODEL[,…]"),
            (["--scope", "proxy", "--tokens-per-day", "0"], "--tokens-per-day '0' is not a number from 1 to"),
            (["--scope", "chat", "--expires", "soon"], "--expires 'soon' is not a duration such as 12h or 30d"),
            (["--scope", "chat", "--expires", "2020-01-01T00:00:00Z"], "--expires 2020-01-01T00:00:00Z is in the"),
        ])
    func limits(_ words: [String], message: String) async {
        let result = await run(["token", "create"] + words)
        #expect(result.status == .usage && result.output.isEmpty)
        #expect(result.errors.hasPrefix("jetbridge: \(message)"), "\(result.errors)")
        #expect(result.errors.hasSuffix("; see 'jetbridge token create --help'\n"))
        expectEqual(result.errors.filter { $0 == "\n" }.count, 1)
    }

    @Test("an invalid address on the command line is wrong usage; in a variable it is wrong configuration")
    func addresses() async {
        for command in ["serve", "proxy"] {
            let wrong = await run(command, "--listen", "nonsense")
            #expect(wrong.status == .usage && wrong.output.isEmpty)
            #expect(wrong.errors.hasPrefix("jetbridge: --listen: "), "\(wrong.errors)")
            #expect(wrong.errors.contains("see 'jetbridge \(command) --help'"))
            expectEqual(wrong.errors.filter { $0 == "\n" }.count, 1)
        }
        let variable = await run("serve", environment: ["JETBRIDGE_LISTEN": "nonsense"])
        expectEqual(variable.status, .configuration)
    }

    @Test("help fits 80 columns and shows the usage", arguments: CommandTable.standard.commandPaths)
    func help(_ path: [String]) {
        let text = HelpText(table: .standard, output: Terminal { _ in }).text(of: path)
        #expect(text.contains((["Usage: jetbridge"] + path).joined(separator: " ")))
        for line in text.split(separator: "\n") where !line.hasPrefix("  jetbridge ") {
            #expect(line.count <= 80, "\(line)")
        }
    }

    @Test("help takes a command's words and suggests corrections")
    func helpCommand() async {
        #expect(await run("help", "config", "check").output.hasPrefix("Report all configuration errors."))
        #expect(await run("help", "config", "chekc").errors.contains("did you mean 'check'?"))
        await expectEqual(run("help").output, run("--help").output)
        #expect(await run("help", "--", "--", "version").output.hasPrefix("Print the version."))
    }

    @Test(
        "which commands wait for signals does not depend on where their options are",
        arguments: [
            ("serve", true), ("--config f serve", true), ("--data-dir d --json chat hi", true), ("proxy", true),
            ("run -- ls", true), ("spec plan", true), ("--config=f spec specify a page", true), ("spec list", false),
            ("doctor", false), ("", false), ("serve --help", false), ("--config serve", false), ("chat --wrong", false),
        ])
    func signals(_ line: String, isWaiting: Bool) {
        expectEqual(CommandTable.standard.watchesSignals(line.split(separator: " ").map(String.init)), isWaiting)
    }

    @Test("only terminals get colours")
    func colours() {
        let terminal = Terminal(isTerminal: true) { _ in }
        #expect(HelpText(table: .standard, output: terminal).text(of: []).contains("\u{1B}[1mUsage:\u{1B}[0m"))
        #expect(!HelpText(table: .standard, output: Terminal { _ in }).text(of: []).contains("\u{1B}"))
    }

    @Test("an output that cannot be written is an error")
    func fullDisk() {
        let full = Terminal(descriptor: -1, environment: [:])
        #expect(throws: CommandFailure("the output cannot be written: Bad file descriptor")) { try full.write("x") }
    }

    @Test("a reader that stops reading ends the program quietly")
    func closedPipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        close(ends[0])
        defer { close(ends[1]) }
        let old = signal(SIGPIPE, SIG_IGN)
        defer { _ = signal(SIGPIPE, old) }
        let unread = Terminal(descriptor: ends[1], environment: [:])
        #expect(throws: CommandFailure(nil, status: .unread)) { try unread.write("x") }
    }
}
