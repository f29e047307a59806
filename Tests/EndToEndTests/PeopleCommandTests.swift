import JSON
import Processes
import TestSupport
import Testing

/// `people` and `pair` on the command line, while no host runs and while one does.
@Suite("People on the command line", .serialized, .timeLimit(.minutes(2)))
struct PeopleCommandTests {
    private static let access = """
        access:
          owners: ["irc:local/account:alice"]
          members: ["irc:local/account:bob"]

        """

    @Test("without a host: list, set and remove, with the audit in order")
    func stored() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model) + Self.access)
        let list = try JSON.parse(try await host.run(["people", "list", "--json"]).output)
        expectEqual(list.arrayValue?.compactMap { $0["key"]?.stringValue }, ["access.owners[0]", "access.members[0]"])
        try await expectEqual(host.run(["people", "set", "bob", "guest"]).text, "bob is now a guest.\n")
        try await expectEqual(host.run(["people", "remove", "bob"]).text, "bob has no access any more.\n")
        #expect(try await host.run(["people", "list"]).text.hasSuffix("removed: irc:local/account:bob\n"))
        let last = try await host.run(["people", "remove", "alice"])
        #expect(last.status == .exited(1) && last.errorText.contains("'alice' is the last owner"))
        try await expectEqual(host.run(["people", "set", "bob", "king"]).status, .exited(64))
        #expect(try await host.run(["audit", "verify"]).text.contains("2 rows"))
        await model.stop()
    }

    @Test("with a host: a removed browser is signed out at once")
    func serving() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model) + Self.access)
        try await host.start()
        let pair = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).output)
        let member = try await host.signIn(try #require(pair["code"]?.stringValue))
        _ = try await member.newThread()
        let list = try JSON.parse(try await host.run(["people", "list", "--json"]).output)
        let browser = try #require(list.arrayValue?.first { $0["way"] == "sign-in" }?["id"]?.stringValue)
        try await expectEqual(host.run(["people", "remove", browser]).status, .exited(0))
        await #expect(throws: (any Error).self) { _ = try await member.newThread() }
        // The command's own token is gone too.
        let rest = try JSON.parse(try await host.run(["people", "list", "--json"]).output)
        expectEqual(rest.arrayValue?.compactMap { $0["way"]?.stringValue }, ["list", "list"])
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }

    @Test("codes are made in the store, and a host takes them: the link has its address")
    func codes() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let host = try await HostProcess(configuration: HostConfiguration.web(model) + Self.access)
        func pair(_ words: String...) async throws -> Process.Result {
            try await host.run(["pair"] + words, environment: ["USER": "rita"])
        }
        #expect(try await pair("--link").text.hasPrefix("http://127.0.0.1:0/#join="))
        for words in [["--for", "bob"], ["--link", "--expires", "40d"], ["--for", "nobody"]] {
            let refused = try await host.run(["pair"] + words)
            #expect(refused.status == .exited(1) && !refused.errorText.contains("`"), "\(refused.errorText)")
        }
        try await host.start()
        let address = try #require(host.address)
        let invite = try JSON.parse(try await pair("--link", "--name", "Grace", "--role", "guest", "--json").output)
        let code = try #require(invite["code"]?.stringValue)
        #expect(invite["role"] == "guest" && invite["url"]?.stringValue == "http://\(address)/#join=\(code)")
        let grace = try await host.signIn(code)
        try await expectEqual(grace.get("/api/v1/me")["role"], "guest")
        let second = try JSON.parse(try await pair("--for", "Grace", "--json").output)
        let other = try await host.signIn(try #require(second["code"]?.stringValue))
        try await expectEqual(other.get("/api/v1/me")["id"], grace.get("/api/v1/me")["id"])
        #expect(try await pair("--for", "Grace").text.contains(" signs another browser in as Grace. "))
        #expect(try await pair("--for", "bob").errorText.contains("'bob' is a person of irc:local"))
        let made = try await host.run(["audit", "export"]).text.split(separator: "\n")
            .map { try JSON.parse(Array($0.utf8)) }.filter { $0["details"]?["code"] == "made" }
        expectEqual(made.map { $0["actor"]?.stringValue }, Array(repeating: "host:rita", count: 4))
        #expect(try await host.run(["audit", "verify"]).status == .exited(0))
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }
}
