import JetbridgeTesting
import Processes
import Testing

/// The web page in Chromium, driven by the scripts in `browser/`.
@Suite("The browser", .timeLimit(.minutes(4)))
struct BrowserTests {
    private static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    @Test("the web chat does what people expect of it, on a desk and on a phone")
    func webChat() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let address = "http://\(try #require(host.address))"
        let script = Self.root + "/Tests/EndToEndTests/browser/web_chat.py"
        let plan = ProcessPlan(
            Process.find("setpriv") ?? "/usr/bin/setpriv",
            [
                "--pdeathsig", "KILL", Self.root + "/.cache/venv/bin/python", script, address,
                try #require(await host.code), host.directory.path + "/screenshots",
            ], environment: ["PATH": "/usr/bin:/bin", "HOME": host.directory.path])
        let result = try await Process.run(plan)
        #expect(result.status == .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains(#""result": "ok""#))
        #expect(await host.terminate() == .exited(0))
    }
}
