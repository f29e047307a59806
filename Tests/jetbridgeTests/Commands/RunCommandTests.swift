import TestSupport
import Testing

@testable import jetbridge

@Suite("run on the command line")
struct RunCommandTests {
    @Test(
        "the status is that of the exit line",
        arguments: [
            ("```\nx\n```\n\nexit 2 · 1.2 s", 2), ("exit 0 · 0.0 s", 0), ("Stopped.\n\nexit 130 · 9.1 s\n", 130),
            ("Job `j1` runs in the background.", nil), ("", nil), ("exit 3 · 1.0 s\n\nmore", nil),
        ])
    func status(_ text: String, status: Int?) {
        expectEqual(RunCommand.status(text), status)
    }

    @Test(
        "a status that no process can have is a failure, too",
        arguments: [(2, 2), (255, 255), (256, 255), (Int.max, 255), (-1, 1), (Int.min, 1)])
    func exitStatus(_ status: Int, expected: Int) {
        expectEqual(Int(RunCommand.exitStatus(status).rawValue), expected)
    }

    @Test("a note before the exit line is shown, the end of a code block is not")
    func note() {
        expectEqual(RunCommand.note("```\nx\n```\n\nStopped: too long.\n\nexit 124 · 1.2 s"), "Stopped: too long.")
        expectEqual(RunCommand.note("```\nx\n```\n\nexit 0 · 1.2 s"), nil)
        expectEqual(RunCommand.note("exit 0 · 1.2 s"), nil)
    }

    @Test("a command is needed, and its options follow `--`")
    func arguments() async {
        await expectEqual(run("run").status, .usage)
        let empty = await run("run", "", " ")
        #expect(empty.status == .usage && empty.errors.contains("the command is empty"))
        await expectEqual(run("run", " &").errors, empty.errors)
        let help = await run("run", "--help")
        #expect(help.status == .done && help.output.contains("--thread ID"))
    }
}
