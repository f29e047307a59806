import Host
import Primitives
import TestSupport
import Testing

@Suite("Rereading the configuration")
struct ConfigurationReloadTests {
    private static let before = """
        log: {level: info}
        access: {owners: ["irc:local/account:alice"]}
        gateway: {listen: "127.0.0.1:9000"}
        model: {provider: openai, name: small, base_url: "http://127.0.0.1:1", api_key: {file: key}}
        adapters:
          irc:
            - {id: local, server: "irc.example.org", nick: bot}
        """

    /// The outcome of the last of several reloads; `key` is the new content of the secret's file.
    private func outcome(_ first: String, _ later: String..., key: String = "sk-1") throws
        -> ConfigurationReload.Outcome?
    {
        let directory = try TemporaryDirectory()
        let flags = ConfigurationFlags(dataDirectory: directory.path)
        directory.write("key", "sk-1")
        let text = Protected(first)
        let reload = ConfigurationReload(since: load(first, flags: flags)) {
            load(text.withLock { $0 }, flags: flags)
        }
        directory.write("key", key)
        var outcome: ConfigurationReload.Outcome?
        for next in later {
            text.withLock { $0 = next }
            let result = reload.next()
            expectEqual(result.loaded.errors, [])
            outcome = result.outcome
        }
        return outcome
    }

    @Test("every changed key is named: what takes effect, and what waits for a restart")
    func keys() throws {
        let after = """
            log: {level: debug}
            access: {owners: ["irc:local/account:alice"], guests: ["irc:local/account:bob"]}
            gateway: {listen: "127.0.0.1:9001", public_url: "https://bot.example.org"}
            model: {provider: openai, name: small, base_url: "http://127.0.0.1:1", api_key: {file: key}}
            adapters:
              irc:
                - {id: local, server: "irc.example.org", nick: robot}
            """
        let outcome = try #require(try self.outcome(Self.before, after))
        expectEqual(outcome.applied, ["access.guests", "log.level"])
        expectEqual(outcome.pending, ["adapters.irc[0].nick", "gateway.listen", "gateway.public_url"])
        expectEqual(
            "\(outcome)",
            "applied access.guests, log.level; not applied until the next start: "
                + "adapters.irc[0].nick, gateway.listen, gateway.public_url")
    }

    @Test("what waits for a restart is named again; what was applied is not")
    func again() throws {
        let after = Self.before.replacing("level: info", with: "level: debug").replacing("small", with: "large")
        let outcome = try #require(try self.outcome(Self.before, after, after + "\n# a comment\n"))
        #expect(outcome.applied == [] && outcome.pending == ["model.name"])
    }

    @Test("a new secret in the same file is a change; the secret is not in the text")
    func secret() throws {
        let outcome = try #require(try self.outcome(Self.before, Self.before, key: "sk-2"))
        expectEqual(outcome.pending, ["model.api_key"])
        expectEqual("\(outcome)", "nothing to apply at once; not applied until the next start: model.api_key")
    }

    @Test("a list that grows is named as a whole")
    func list() throws {
        let after = Self.before + "\n    - {id: other, server: \"irc.example.com\", nick: bot}\n"
        try expectEqual(self.outcome(Self.before, after)?.pending, ["adapters.irc"])
    }
}
