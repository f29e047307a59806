import TestSupport
import Testing

@testable import jetbridge

@Suite("Command line parsing")
struct ArgumentParserTests {
    private func parse(_ line: String) throws -> ArgumentParser.Outcome {
        try ArgumentParser.parse(line.split(separator: " ").map(String.init), table: .standard)
    }

    private func arguments(_ line: String) throws -> (name: String, arguments: Arguments) {
        guard case .run(let syntax, let arguments) = try self.parse(line) else {
            throw UsageError(message: "'\(line)' runs nothing", path: [])
        }
        return (syntax.name, arguments)
    }

    @Test(
        "options may come before, between and after the words, with a space or an equals sign",
        arguments: [
            "--config a.yaml --json config check b", "config --config=a.yaml check --json b",
            "config check b --json --config a.yaml", "config check --json --config a.yaml -- b",
        ])
    func anywhere(_ line: String) throws {
        let (name, arguments) = try self.arguments(line)
        expectEqual(name, "config check")
        #expect(arguments.value("config") == "a.yaml" && arguments.isJSON)
        expectEqual(arguments.word("file"), "b")
    }

    @Test("a repeated argument takes the remaining words, including options after --")
    func repeated() throws {
        try expectEqual(self.arguments("chat what is this").arguments.words("message"), ["what", "is", "this"])
        try expectEqual(self.arguments("chat --model m -- --json -x").arguments.words("message"), ["--json", "-x"])
        try expectEqual(self.arguments("chat -").arguments.words("message"), ["-"])
        try expectEqual(self.arguments("chat").arguments.words("message"), [])
    }

    @Test("a value after an equals sign may begin with a dash")
    func valueWithDash() throws {
        try expectEqual(self.arguments("chat --model=-m").arguments.value("model"), "-m")
    }

    @Test(
        "--help works anywhere",
        arguments: [
            ("--help", []), ("-h", []), ("serve --help", ["serve"]), ("--help serve", ["serve"]),
            ("config --help", ["config"]), ("config check -h", ["config", "check"]),
            ("sessions show --help", ["sessions", "show"]),
        ])
    func help(_ line: String, path: [String]) throws {
        try expectEqual(self.parse(line), .help(path))
    }

    @Test(
        "a typing error gets a suggestion and a pointer to the help",
        arguments: [
            ("", "a command is missing; see 'jetbridge --help'"),
            ("srve", "unknown command 'srve'; did you mean 'serve'?; see 'jetbridge --help'"),
            ("frobnicate", "unknown command 'frobnicate'; see 'jetbridge --help'"),
            ("config", "'config' needs one of check, print, template; see 'jetbridge config --help'"),
            ("config chck", "unknown command 'config chck'; did you mean 'check'?; see 'jetbridge config --help'"),
            ("version --jsn", "unknown option '--jsn'; did you mean '--json'?; see 'jetbridge version --help'"),
            ("version -x", "unknown option '-x'; see 'jetbridge version --help'"),
            ("--listen x serve", "unknown option '--listen'; see 'jetbridge --help'"),
            ("serve --listen", "'--listen' needs HOST:PORT; see 'jetbridge serve --help'"),
            ("serve --listen=", "'--listen' needs HOST:PORT; see 'jetbridge serve --help'"),
            ("serve --json=yes", "'--json' takes no value; see 'jetbridge serve --help'"),
            ("serve --listen a --listen b", "'--listen' is given twice; see 'jetbridge serve --help'"),
            ("serve now", "'serve' does not take 'now'; see 'jetbridge serve --help'"),
            (
                "pair --role onwer",
                "'onwer' is not one of owner, member, guest; did you mean 'owner'?; see 'jetbridge pair --help'"
            ),
            ("completions", "'completions' needs bash|zsh|fish; see 'jetbridge completions --help'"),
            ("completions tcsh", "'tcsh' is not one of bash, zsh, fish; see 'jetbridge completions --help'"),
            ("sessions show", "'sessions show' needs ID; see 'jetbridge sessions show --help'"),
        ])
    func slip(_ line: String, message: String) {
        #expect {
            try self.parse(line)
        } throws: { error in
            (error as? UsageError)?.description == message
        }
    }
}
