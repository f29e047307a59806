import JSON
import Processes
import TestSupport
import Testing

/// The web page in Chromium, driven by the scripts in `browser/`.
@Suite("The browser", .timeLimit(.minutes(4)))
struct BrowserTests {
    /// Lets a script use the page of a host that runs, and ends the host.
    private func drive(_ host: HostProcess, _ script: String, _ arguments: String...) async throws {
        let result = try await PythonClients.models.run(
            script: "Tests/EndToEndTests/browser/\(script).py",
            [
                "http://\(try #require(host.address))", try #require(await host.code),
                host.directory.path + "/screenshots",
            ]
                + arguments, environment: ["HOME": host.directory.path])
        let passes = result.status == .exited(0) && result.text.contains(#""result": "ok""#)
        // What failed comes first: a long list of what passed would hide it.
        let lines = result.text.split(separator: "\n").filter { !$0.hasPrefix("ok ") } + ["\(result.status)"]
        #expect(passes, "\(lines.joined(separator: "\n"))\n\(result.errorText)\n\(result.text)")
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("the web chat works on a desktop and on a phone")
    func webChat() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        try await self.drive(host, "web_chat")
    }

    @Test("conversations are renamed, archived and searched, and repositories are chosen and read")
    func conversations() async throws {
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                repositories: [{name: notes, path: notes}, {name: app, path: app}]
                personas: {reviewer: {model: rehearsal-brief}}

                """)
        try await host.start()
        try RealGit(host.dataPath + "/notes").shell(
            """
            git switch -q -c 001-login-page && mkdir -p specs/001-login-page/checklists && cd specs/001-login-page
            printf '# Feature Specification: Login page\\n\\n**Status**: Draft\\n\\n## Requirements\\n' > spec.md
            printf '# Checklist\\n\\n- [x] one\\n- [ ] two\\n' > checklists/requirements.md
            git add . && git commit -q -m 'Specify 001-login-page' && git switch -q main
            """)
        try await self.drive(host, "conversations")
    }

    @Test("somebody sees, changes and cancels what they have scheduled")
    func schedules() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        try await self.drive(host, "schedules")
    }

    @Test("owners see who has access, and take it away")
    func people() async throws {
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                access: {owners: ["irc:local/account:alice"]}

                """)
        try await host.start()
        let member = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).output)["code"]
        try await self.drive(host, "people", try #require(member?.stringValue))
    }

    @Test("a conversation is shared with a person and with everybody, and that is ended")
    func sharing() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let member = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).output)["code"]
        try await self.drive(host, "sharing", try #require(member?.stringValue))
    }

    @Test("tasks and analytics work by pointer, keyboard and touch", arguments: ["tasks", "analytics"])
    func pages(name: String) async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let guest = try JSON.parse(try await host.run(["pair", "--role", "guest", "--json"]).output)["code"]
        try await self.drive(host, name, try #require(guest?.stringValue))
    }

    @Test("commands run beside the conversation, and asks are answered in it")
    func workbench() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        try await self.drive(host, "workbench")
    }

    @Test("a document beside a conversation is edited, merged with what others push, and saved")
    func documents() async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        let repository = host.dataPath + "/notes"
        try RealGit(repository).shell(
            #"""
            git switch -q -c 001-login && mkdir -p specs/001-login &&
            printf '# Feature Specification: Login\r\n\r\nPeople sign in with a key.\r\nold line\r\n\r\n## Requirements\r\n\r\n' \
            > specs/001-login/spec.md && printf '%s\r\n' '- **FR-001**: It is quick. [NEEDS CLARIFICATION: how quick?]' \
            '- [ ] a box with `code`' '' '## Edge cases' '' '> None, *really*.' >> specs/001-login/spec.md &&
            git add . && git commit -q -m 'Specify 001-login' && git switch -q main
            """#)
        let member = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).output)["code"]
        try await self.drive(host, "documents", repository, try #require(member?.stringValue))
    }

    @Test("the page's pure modules: terminal output, asks, replies, differences")
    func modules() async throws {
        let directory = try TemporaryDirectory()
        let bundle = directory.path + "/modules.js"
        let build = try await Process.run(
            .tied(
                "/usr/bin/esbuild",
                [
                    "\(PythonClients.root)/Tests/EndToEndTests/browser/modules/all.ts", "--bundle", "--format=iife",
                    "--target=es2020", "--log-level=warning", "--outfile=\(bundle)",
                ], environment: ["NODE_PATH": "/usr/share/nodejs"]))
        expectEqual(build.status, .exited(0), "\(build.text)\(build.errorText)")
        let result = try await Process.run(.tied("/usr/bin/node", [bundle], environment: [:]))
        expectEqual(result.status, .exited(0), "\(result.text)\(result.errorText)")
        #expect(result.text.contains(#""result":"ok""#))
    }
}
