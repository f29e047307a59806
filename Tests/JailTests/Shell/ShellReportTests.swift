import Testing

@testable import Jail

@Suite("The shell's report")
struct ShellReportTests {
    private func reading(_ text: String) -> ShellReport.Reading { ShellReport.reading(Array(text.utf8), nonce: "n1") }

    @Test("status, directory and exported variables")
    func report() {
        #expect(
            self.reading("n1 3 /a b\nexport A='x'\nexport B\nexport C='it'\"'\"'s\nexport D=1\n'\nn1\n")
                == .report(ShellReport(status: 3, directory: "/a b", variables: ["A=x", "C=it's\nexport D=1\n"])))
        #expect(self.reading("n1 0 \nn1\n") == .report(ShellReport(status: 0, directory: "", variables: [])))
        #expect(
            self.reading("n1 0 /a\nb\nexport A=''\nn1\n")
                == .report(ShellReport(status: 0, directory: "/a\nb", variables: ["A="])))
    }

    @Test("a part is incomplete", arguments: ["", "n", "n1", "n1 0 /a\n", "n1 0 /a\nexport A='x'\n", "n1 0 /a\nn1"])
    func incomplete(_ text: String) {
        #expect(self.reading(text) == .incomplete)
    }

    @Test("anything else is invalid", arguments: ["0 0 /a\n", "n2 0 /a\nn2\n", "x", "n1x", "n1 a /a\nn1\n"])
    func invalid(_ text: String) {
        #expect(self.reading(text) == .invalid)
    }

    @Test("variables that change what programs run are left out of a fresh shell")
    func variables() {
        let long = "LONG=" + String(repeating: "x", count: 131_072)
        #expect(
            CommandVariables.kept([
                "PATH=/b", "LD_PRELOAD=x", "ENV=f", "BASH_ENV=f", "IFS=1", "PS4=x", "BASH_FUNC_x%%=() {", long, "A=1",
            ]) == ["PATH=/b", "A=1"])
    }
}
