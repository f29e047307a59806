import TestSupport
import Testing

@testable import Jail

/// What a command may leave to the next one. A test that fails here takes minutes.
@Suite("The state between two commands", .timeLimit(.minutes(1)))
struct ShellStateTests {
    private static func state(
        _ variables: [String], directory: String = "/workspace", options: String = "0//"
    ) -> ShellState? {
        let fields = [options, directory + "\n", "x=1\n"] + variables + ["end", ""]
        return ShellState([0, 0, 0] + Array(fields.joined(separator: "\0").utf8), isBash: true)
    }

    @Test("a state with too many variables is not kept, nor a directory in which no command can begin")
    func limits() {
        let many = (0..<10_000).map { "A\($0)=" }
        expectEqual(Self.state(many)?.variables.count, 10_000)
        expectEqual(Self.state(many + ["B="]), nil)
        expectEqual(Self.state([String](repeating: "", count: 2_000_000)), nil)
        expectEqual(Self.state([], directory: "/a")?.directory, "/a")
        expectEqual(Self.state([], directory: "/" + String(repeating: "a", count: 5_000))?.directory, nil)
    }

    @Test("variables of 256 KiB are read, and those that do not fit are left out")
    func variableBytes() {
        let large = (0..<300).map { "A\($0)=" + String(repeating: "a", count: 1_000) }
        let kept = Self.state(large + ["B=1"])?.variables ?? []
        #expect(kept.count == 261 && kept.first == large.first && kept.last == "B=1")
    }

    @Test("options are read from 4 KiB, and names of variables have no long run of marks")
    func longFields() {
        let state = Self.state([], options: "0/dotglob:expand_aliases:A/noglob:hashall")
        #expect(state?.extraOptions == ["dotglob"] && state?.options == ["noglob"])
        let marks = "a" + String(repeating: "\u{301}\u{316}", count: 2_000)
        expectEqual(Self.state([], options: "0/\(marks)/"), nil)
        let variables = ExportList.variables(Array("export \(marks)='1'\nexport B='2'\n".utf8)[...], limit: 100_000)
        #expect(variables.count == 2 && variables.last == "B=2")
        expectEqual(variables.first?.unicodeScalars.contains("\u{34F}"), true)
    }

    @Test("a shell without a jail leaves no longer directory either")
    func unjailed() {
        func directory(_ text: String) -> String? {
            UnjailedScript.state(Array("\(text)\0A=1\0.\0".utf8), isBash: true)?.directory
        }
        expectEqual(directory("/a"), "/a")
        expectEqual(directory("/" + String(repeating: "a", count: 5_000)), nil)
    }

    @Test("names of variables are found whatever marks are behind them")
    func marks() {
        let marks = (0..<500_000).map { ["\u{345}", "\u{301}", "\u{316}", "\u{334}"][$0 % 4] }.joined()
        let kept = CommandVariables.kept([
            "A=\(marks)", "B=\u{300}\u{345}", "LD_PRELOAD=\u{300}x", "IFS=\u{300}",
        ])
        // The first is longer than a variable may be.
        expectEqual(kept.map { $0.unicodeScalars.first }, ["B"])
    }
}
