import HTTP
import TestSupport
import Testing

@testable import Turns

@Suite("The Copilot CLI as agent")
struct CopilotCLIAgentsTests {
    @Test("an address of this machine, which its jail cannot reach, is refused by name; others are not")
    func refusal() throws {
        let gitHub = ("copilot.api_url", try HTTPURL("https://api.github.com"))
        expectEqual(
            CopilotCLIAgents.refusal(of: [gitHub, ("COPILOT_API_URL", try HTTPURL("https://copilot.example"))]), nil)
        let refusal = CopilotCLIAgents.refusal(of: [gitHub, ("COPILOT_API_URL", try HTTPURL("http://127.0.0.1:99"))])
        expectEqual(
            refusal?.hasPrefix(
                "The Copilot CLI cannot work on files here: its jail reaches no address of this machine"), true)
        expectEqual(refusal?.contains("COPILOT_API_URL is http://127.0.0.1:99"), true)
    }

    @Test("the line about a command is short, also where one character is as long as the command")
    func line() {
        let text = "a" + String(repeating: "\u{200D}", count: 10_000)
        #expect(CopilotCLIIntents.line(text).utf8.count <= 4_096)
        expectEqual(CopilotCLIIntents.line("make test"), "make test")
        expectEqual(CopilotCLIIntents.line(String(repeating: "x", count: 81)), String(repeating: "x", count: 79) + "…")
    }

    @Test("a program whose file is newer than what it has unpacked is started once outside of the jail, not each time")
    func unpacked() async throws {
        let folder = try TemporaryDirectory()
        let version = folder.path + "/pkg/linux-x64/1.0.57"
        try RealGit(folder.path).shell(
            "mkdir -p \(version); touch -d '2026-01-01 00:00' \(version)/.extraction-complete")
        let installed = 1_780_000_000  // 28 May 2026
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), false)
        await CopilotCLIFolders.markUnpacked(folder.path)
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), true)
        try RealGit(version).shell("rm .extraction-complete")
        await CopilotCLIFolders.markUnpacked(folder.path)
        await expectEqual(CopilotCLIFolders.isUnpacked(folder.path, since: installed), false)
    }
}
