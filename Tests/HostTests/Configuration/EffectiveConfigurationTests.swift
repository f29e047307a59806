import Host
import JSON
import TestSupport
import Testing

@Suite("Configuration: what takes effect")
struct EffectiveConfigurationTests {
    @Test("defaults are filled in, flags and variables override the file, secrets stay references")
    func effective() throws {
        let text = """
            gateway: {listen: "127.0.0.1:1"}
            model:
              provider: openai
              api_key: {env: KEY}
            proxy: {aliases: {"gpt 4": gpt-4.1, "on": o3}}
            adapters:
              irc:
                - {id: local, server: "127.0.0.1:6667", channels: ["#team"]}
            """
        let loaded = load(
            text, environment: ["KEY": "hidden-value", "JETBRIDGE_LOG_LEVEL": "debug", "PROXY_PORT": "99"],
            flags: ConfigurationFlags(dataDirectory: "/data", listen: "[::1]:2"))
        expectEqual(loaded.issues, [])
        let effective = loaded.effective
        #expect(effective["data_dir"] == "/data" && effective["gateway"]?["listen"] == "[::1]:2")
        expectEqual(effective["log"], ["level": "debug", "format": "json"])
        #expect(effective["model"]?["api_key"] == ["env": "KEY"] && effective["model"]?["turn_timeout"] == "10m")
        #expect(effective["jail"]?["memory"] == "512MiB" && effective["jail"]?["processes"] == 64)
        #expect(effective["retention"]?["audit"] == "forever" && effective["retention"]?["sent"] == "7d")
        expectEqual(effective["store"]?["url"], "sqlite:/data/jetbridge.sqlite")
        #expect(effective["proxy"]?["listen"] == "127.0.0.1:99" && effective["proxy"]?["cache"] == "16MiB")
        expectEqual(effective["repositories"], [["name": "notes", "path": "/data/notes"]])
        let irc = try #require(effective["adapters"]?["irc"]?.arrayValue?.first)
        #expect(irc["channels"] == ["#team"] && irc["tls"] == false && irc["nick"] == "jetbridge")
        #expect(!effective.text.contains("hidden-value"))
        let yaml = effective.yaml
        #expect(yaml.contains("\n  api_key: {env: KEY}\n") && yaml.contains("\n    gpt 4: gpt-4.1\n") == false)
        #expect(yaml.contains("\n    \"gpt 4\": gpt-4.1\n    \"on\": o3\n"))
        #expect(yaml.contains("\n    - id: local\n      tls: false\n      server: 127.0.0.1:6667\n"))
        #expect(!yaml.contains("hidden-value"))
    }

    @Test("without a file, the defaults take effect; a wrong file has no effect")
    func none() {
        expectEqual(load("").effective["model"]?["provider"], "rehearsal")
        #expect(load("model: {provider: nothing}").configuration == nil)
    }

    @Test(
        "what is printed is read again, and takes effect as before", arguments: ["", "quota: {person: {stored: 5MiB}}"])
    func roundTrip(text: String) {
        let printed = load(text).effective
        let again = load(printed.yaml)
        #expect(again.issues == [])
        expectEqual(again.effective["quota"], printed["quota"])
        expectEqual(again.effective["jail"], printed["jail"])
    }

    @Test(
        "strings are quoted where YAML would read something else",
        arguments: [
            ("a", "a\n"), ("12", "\"12\"\n"), ("No", "\"No\"\n"), ("", "\"\"\n"), ("a: b", "\"a: b\"\n"),
            ("#team", "\"#team\"\n"), ("http://h:1/x", "http://h:1/x\n"), ("1e5", "\"1e5\"\n"), ("ä", "\"ä\"\n"),
        ])
    func quotes(text: String, yaml: String) { expectEqual(JSON.string(text).yaml, yaml) }
}
