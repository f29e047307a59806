import TestSupport
import Testing

@testable import Jail

@Suite("The shell's report")
struct ShellReportTests {
    /// What is known after a command with the nonce `n1` and this text.
    private func reports(_ text: String, pieces: Int = .max) -> ShellReports {
        var reports = ShellReports()
        reports.expect("n1")
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reports.add(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        return reports
    }

    @Test("status and directory, then exported variables", arguments: [1, 2, 7, .max])
    func report(_ pieces: Int) {
        let head = self.reports("n1 3 /a b\nn1\n", pieces: pieces)
        expectEqual(head.report, ShellReports.Report(status: 3, directory: "/a b"))
        #expect(head.isListing)
        expectEqual(head.variables, nil)
        let list = "export A='x'\nexport B\nexport C='it'\"'\"'s\nexport D=1\n'\nn1\n"
        let whole = self.reports("n1 3 /a b\nn1\n" + list, pieces: pieces)
        expectEqual(whole.report, head.report)
        #expect(!whole.isListing)
        expectEqual(whole.variables, ["A=x", "C=it's\nexport D=1\n"])
        expectEqual(self.reports("n1 0 \nn1\nn1\n", pieces: pieces).variables, [])
        let lines = self.reports("n1 0 /a\nexport X='1'\nn1\nexport A=''\nn1\n", pieces: pieces)
        expectEqual(lines.report, ShellReports.Report(status: 0, directory: "/a\nexport X='1'"))
        expectEqual(lines.variables, ["A="])
    }

    @Test("the next command's report follows the variables, whenever they come", arguments: [1, 3, .max])
    func next(_ pieces: Int) {
        let parts = ["n1 0 /\nn1\nexport A='1'", "\nn1\n", "n2 4 /b\nn2\n", "export A='2'\nn2\n"]
        for early in 1...2 {
            var reports = self.reports(parts[..<early].joined(), pieces: pieces)
            expectEqual(reports.report?.status, 0)
            reports.expect("n2")
            expectEqual(reports.report, nil)
            expectEqual(reports.isListing, early == 1)
            for part in parts[early..<3] { reports.add(Array(part.utf8)) }
            expectEqual(reports.report, ShellReports.Report(status: 4, directory: "/b"))
            expectEqual(reports.variables, ["A=1"])
            reports.add(Array(parts[3].utf8))
            expectEqual(reports.variables, ["A=2"])
            #expect(!reports.isInvalid)
        }
    }

    @Test("a part is incomplete", arguments: ["", "n", "n1", "n1 0 /a\n", "n1 0 /a\nexport A='x'\n", "n1 0 /a\nn1"])
    func incomplete(_ text: String) {
        let reports = self.reports(text)
        expectEqual(reports.report, nil)
        #expect(!reports.isInvalid)
    }

    @Test(
        "anything else is invalid",
        arguments: [
            "0 0 /a\n", "n2 0 /a\nn2\n", "x", "n1x", "n1 a /a\nn1\n", "n1 0 /\nn1\nn1\nx", "n1 0 /\nn1\nn1\n\n",
        ])
    func invalid(_ text: String) {
        #expect(self.reports(text).isInvalid)
        #expect(self.reports(text, pieces: 1).isInvalid)
    }

    @Test("a report in advance is invalid")
    func early() {
        var reports = self.reports("n1 0 /\nn1\nn1\n")
        reports.add(Array("n2 0 /\nn2\n".utf8))
        reports.expect("n2")
        #expect(reports.isInvalid)
    }

    @Test("variables that change what programs run are left out of a fresh shell")
    func variables() {
        let long = "LONG=" + String(repeating: "x", count: 131_072)
        expectEqual(
            CommandVariables.kept([
                "PATH=/b", "LD_PRELOAD=x", "ENV=f", "BASH_ENV=f", "IFS=1", "PS4=x", "BASH_FUNC_x%%=() {", long, "A=1",
            ]), ["PATH=/b", "A=1"])
    }
}
