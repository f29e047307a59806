import Chat
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("The text of `help`")
struct HelpTests {
    private static let sign = CommandSign("!")

    private static func help(_ word: String = "", _ role: Role = .member, isByLine: Bool = false) -> String {
        CommandTexts.help(about: word, role: role, sign: Self.sign, isByLine: isByLine)
    }

    @Test("has at most 15 lines, and only what the person may give", arguments: [Role.guest, .member, .owner])
    func short(role: Role) {
        let text = Self.help("", role)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 15)
        #expect(lines.last?.hasSuffix("`!help all` lists the rest.") == true)
        for word in ["new", "stop", "status"] { #expect(text.contains("`!\(word)")) }
        expectEqual(text.contains("`!run COMMAND`"), role >= .member)
        let all = Self.help("all", role)
        for command in CommandName.allCases {
            let isListed = all.contains("- `!\(command)`:") || all.contains("- `!\(command) ")
            expectEqual(isListed, command.role <= role)
        }
    }

    @Test("is one paragraph where each line is a message")
    func byLine() {
        let text = Self.help("", .owner, isByLine: true)
        #expect(!text.contains("\n") && text.utf8.count < 450, "\(text.utf8.count)")
        #expect(text.contains("`!run COMMAND`") && text.hasSuffix("`!help all` lists the rest."))
    }

    @Test("explains one command, with or without its sign, and guesses at a mistyped one")
    func one() {
        let usage = "`!run COMMAND`: \(CommandName.run.summary). Needs the role member."
        expectEqual(Self.help("run"), usage)
        expectEqual(Self.help("!run", .guest), usage)
        #expect(Self.help("comit").contains("Did you mean `!commit`?"))
    }
}
