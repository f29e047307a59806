import Chat
import Testing

@testable import Sessions
@testable import Threads

@Suite("Suggested commands")
struct NearestCommandTests {
    @Test(
        "the nearest command is suggested",
        arguments: [
            ("halp", CommandName.help), ("staus", .status), ("specfy", .specify), ("resum", .resume),
            ("modls", .models),
            ("stpo", .stop),
        ])
    func nearest(word: String, command: CommandName) {
        #expect(CommandTexts.unknown(word, sign: CommandSign("!")).contains("Did you mean `!\(command.rawValue)`?"))
    }
}
