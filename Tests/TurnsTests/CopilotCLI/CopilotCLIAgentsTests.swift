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
}
