import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("docs/commands.md")
struct CommandPageTests {
    @Test("has a row for each command, with the words of `help`")
    func rows() {
        let page = String(decoding: ProcessTable.read("\(PythonClients.root)/docs/commands.md"), as: UTF8.self)
        for command in CommandName.allCases {
            let form = "\(command) \(command.argument)".replacing("|", with: "\\|")
            let row = "| `\(command.argument.isEmpty ? "\(command)" : form)` | \(command.summary) |\n"
            #expect(page.contains(row), "it lacks \(row)")
        }
    }
}
