import Host
import IRC
import Jail
import TestSupport
import Testing
import Work

@Suite("Configuration: errors")
struct ConfigurationMistakeTests {
    @Test("all errors are reported at once, in the order of the file, with path, line, column and the nearest key")
    func all() {
        let loaded = load(
            """
            lgo: {level: info}
            gateway:
              lisen: 127.0.0.1:8787
              public_url: ftp://x
            model:
              provider: opnai
              turn_timeout: 10
            adapters:
              irc:
                - {id: a, server: "irc.example.org", nick: "9lives", tls: true}
            """)
        #expect(loaded.configuration == nil)
        expectEqual(
            loaded.issues.map(\.description),
            [
                "/srv/test.yaml:1:1: lgo: unknown key; did you mean 'log'?",
                "/srv/test.yaml:3:3: gateway.lisen: unknown key; did you mean 'listen'?",
                "/srv/test.yaml:4:15: gateway.public_url: the URL must begin with https:// or http://",
                "/srv/test.yaml:6:13: model.provider: 'opnai' is not one of rehearsal, copilot, github-models, openai, "
                    + "copilot-cli; did you mean 'openai'?",
                "/srv/test.yaml:7:17: model.turn_timeout: '10' is not a duration; write 500ms, 30s, 10m, 2h or 1d",
                "/srv/test.yaml:10:48: adapters.irc[0].nick: a nick has letters, digits and []\\`_^{|}-, and does "
                    + "not begin with a digit or '-'",
            ])
    }

    @Test("the limits of an answer have defaults, and values out of range are refused")
    func answerLimits() throws {
        let standard = try #require(load("model: {provider: rehearsal}").configuration).model
        #expect(standard.answerSize == 512 << 10 && standard.answerTokens == 128_000)
        let set = try #require(load("model: {answer_size: 2MiB, answer_tokens: 4000}").configuration).model
        #expect(set.answerSize == 2 << 20 && set.answerTokens == 4_000)
        expectEqual(
            load("model: {answer_size: 1GiB, answer_tokens: 10}").issues.map(\.message),
            [
                "1GiB is too large; use at most 64MiB", "10 is out of range; use a number from 256 to 10000000",
            ])
    }

    @Test("values that cannot work are refused with what would")
    func values() {
        expectEqual(
            load(
                """
                gateway: {listen: "127.0.0.1:70000"}
                copilot: {client_id: true}
                jail: {memory: 1KiB}
                repositories:
                  - {name: a, path: app}
                  - {name: b, path: x/../app/}
                  - {name: c, path: .}
                reports:
                  - {name: week, at: Mon 09:00, to: [nowhere]}
                  - {name: week, at: Mon 09:00, to: []}
                """
            ).issues.map(\.description),
            [
                "/srv/test.yaml:1:19: gateway.listen: the port is not a number up to 65535",
                "/srv/test.yaml:2:22: copilot.client_id: expected text, found a boolean; put it in quotes if it is meant as "
                    + "text",
                "/srv/test.yaml:3:16: jail.memory: 1KiB is too small; use at least 1MiB",
                "/srv/test.yaml:6:21: repositories[1].path: the repository 'a' has this path too",
                "/srv/test.yaml:7:21: repositories[2].path: the data directory is in this folder; choose one for "
                    + "the repository alone",
                "/srv/test.yaml:9:38: reports[0].to[0]: 'nowhere' is no place: write web:THREAD, or a configured network "
                    + "and a room, such as irc:local/#team",
                "/srv/test.yaml:10:5: reports[1]: a report needs a place in 'to'",
                "/srv/test.yaml:10:12: reports[1].name: another report has the name 'week'",
            ])
        let channels = load("adapters: {irc: [{id: a, channels: [#team]\n").issues
        expectEqual(channels.first?.message.contains("in quotes"), true)
    }

    @Test("a repository's limits of commands are its own, the host's, or the defaults")
    func limitsOfRepositories() throws {
        let configuration = try #require(
            load(
                """
                jail: {memory: 256MiB, timeout: 10s}
                repositories: [{name: a, path: a}, {name: b, path: b, jail: {memory: 2GiB, open_files: 4096}}]
                """
            ).configuration)
        let limits = configuration.perRepository { $0 }
        let (own, host) = (limits["b"], configuration.jail.limits)
        #expect(own.memory == 2 << 30 && own.openFiles == 4_096 && own.timeout == .seconds(10) && own.processes == 64)
        #expect(own.ofJail.memory == 2 << 30 && own.ofJail.openFiles == 4_096)
        #expect(host.memory == 256 << 20 && host.openFiles == 1_024)
        for repository in ["a", "removed", nil] { expectEqual(limits[repository], host) }
    }

    @Test("aliases and fallbacks of the proxy name models, not each other or themselves; workers are counted")
    func proxy() throws {
        let proxy = try #require(
            load("proxy: {aliases: {fast: a}, fallbacks: {a: [b, c]}, workers: auto}").configuration
        ).proxy
        #expect(proxy.aliases == ["fast": "a"] && proxy.fallbacks == ["a": ["b", "c"]])
        expectEqual(
            load("proxy: {aliases: {a: b, b: c, d: d}, fallbacks: {x: [x], y: []}, workers: many}").issues
                .map(\.message),
            [
                "'b' is an alias itself; name the model that it stands for",
                "'d' stands for itself; name a model of the upstream", "'x' can't stand in for itself",
                "the list is empty: name the models that stand in for 'y'",
                "expected a whole number or auto, found text",
            ])
        expectEqual(proxy.workers, nil)
        expectEqual(load("proxy: {workers: 2}").configuration?.proxy.workers, 2)
        expectEqual(load("proxy: {}").configuration?.proxy.workers, 1)
        #expect(load("proxy: {workers: 65}").issues.count == 1 && load("proxy: {workers: 0}").issues.count == 1)
    }

    @Test("an unknown key with no near match is reported with the valid keys")
    func unknownKey() throws {
        let issue = try #require(load("store: {zzz: 1}").issues.first)
        expectEqual(issue.description, "/srv/test.yaml:1:9: store.zzz: unknown key; valid keys: url, password, ca_file")
    }

    @Test("invalid YAML is reported with its position")
    func syntax() {
        expectEqual(load("log:\n\tlevel: info\n").issues.map(\.line), [2])
        expectEqual(load("a: 1\na: 2").issues.map(\.message), ["the key 'a' is already on line 1"])
    }

    @Test("a root that is not a mapping is an error", arguments: ["- a", "text", "12"])
    func root(_ text: String) {
        expectEqual(load(text).errors.count, 1)
        expectEqual(load(text).errors.first?.message.hasPrefix("expected a mapping"), true)
    }

    @Test(
        "each mistake gives one error at its position",
        arguments: [
            ("log: []", "log", 6, "mapping"), ("log: {level: loud}", "log.level", 14, "trace, debug"),
            ("log: {level: warn}", "log.level", 14, "warning"),
            ("log: {level: 1}", "log.level", 14, "'1' is not one of"),
            ("retention: {sent: soon}", "retention.sent", 19, "'soon'"),
            ("retention: {files: 1m}", "retention.files", 20, "out of range"),
            ("retention: {sended: 1d}", "retention.sended", 13, "unknown key"),
            ("store: {url: postgres://x}", "store.url", 14, "name host and database"),
            ("store: {url: 'postgres://a:secret@x/y'}", "store.url", 14, "write the password apart"),
            ("store: {url: 'mysql://x/y'}", "store.url", 14, "postgres://ROLE@HOST:PORT/DATABASE"),
            ("store: {password: {env: HOME}}", "store", 8, "only for a postgres:// url"),
            ("store: {url: file.db}", "store.url", 14, "sqlite:FILE"),
            ("gateway: {listen: 8787}", "gateway.listen", 19, "write 127.0.0.1:8787"),
            ("gateway: {listen: \":8787\"}", "gateway.listen", 19, "127.0.0.1:8787"),
            ("gateway: {listen: \"http://127.0.0.1:1\"}", "gateway.listen", 19, "not a URL"),
            ("gateway: {listen: \"127.0.0.1:99999\"}", "gateway.listen", 19, "up to 65535"),
            ("gateway: {listen: \"bot.example.org:1\"}", "gateway.listen", 19, "or 0.0.0.0:1"),
            ("proxy: {listen: \"127.1:8080\"}", "proxy.listen", 17, "127.0.0.1:8080"),
            ("proxy: {upstream: \"https://x/v1?a=b\"}", "proxy.upstream", 19, "leave out the '?'"),
            ("copilot: {cli_processes: 0}", "copilot.cli_processes", 26, "from 1 to 256"),
            ("copilot: {cli_processes: four}", "copilot.cli_processes", 26, "whole number"),
            ("access: {pairing: yes}", "access.pairing", 19, "true or false"),
            ("access: {owners: alice}", "access.owners", 18, "expected a list"),
            ("access: {owners: [alice]}", "access.owners[0]", 19, "begins with its network"),
            ("access: {owners: [\"icr:x/account:y\"]}", "access.owners[0]", 19, "not a network"),
            ("access: {owners: [\"irc:x/y\"]}", "access.owners[0]", 19, "irc:ID/account:NAME"),
            ("access: {owners: [\"irc:x/mask:alice\"]}", "access.owners[0]", 19, "NICK!USER@HOST"),
            ("jail: {memory: 512}", "jail.memory", 16, "not a size"),
            ("jail: {memory: 1KiB}", "jail.memory", 16, "too small"),
            ("jail: {timeout: 0s}", "jail.timeout", 17, "out of range"),
            (
                "repositories: [{name: a, path: a, jail: {memory: 1KiB}}]", "repositories[0].jail.memory", 50,
                "too small"
            ),
            (
                "repositories: [{name: a, path: a, jail: {per_user: 1}}]", "repositories[0].jail.per_user", 42,
                "unknown key"
            ),
            ("jail: {network: {mode: open}}", "jail.network.mode", 24, "none, allowlist"),
            ("jail: {processor_share: 0}", "jail.processor_share", 25, "out of range"),
            ("jail: {processor_share: half}", "jail.processor_share", 25, "such as 0.5"),
            ("jail: {per_user: 5, per_host: 4}", "jail", 7, "more than per_host"),
            ("jail: {idle_timeout: 0s}", "jail.idle_timeout", 22, "out of range"),
            ("jail: {open_files: 1}", "jail.open_files", 20, "from 16"),
            ("jail: {first_uid: 0}", "jail.first_uid", 19, "from 1000"),
            ("jail: {is_unsafe: true}", "jail.is_unsafe", 8, "unknown key"),
            ("jail: {network: {allow: [\"a.b:1\"]}}", "jail.network", 17, "set mode: allowlist"),
            ("repositories: [{name: a}]", "repositories[0]", 16, "one of 'path', 'github' and 'remote'"),
            ("repositories: [{name: a, github: b}]", "repositories[0].github", 34, "owner/name"),
            ("repositories: [{path: a}]", "repositories[0]", 16, "'name' is missing"),
            ("repositories: [{name: \"a b\", path: a}]", "repositories[0].name", 23, "letters, digits"),
            ("repositories: [{name: a, path: a, branch: \"a..b\"}]", "repositories[0].branch", 43, "Git"),
            ("repositories: [{name: a, path: a}, {name: a, path: b}]", "repositories[1]", 36, "already used"),
            ("default_repository: noets", "default_repository", 21, "no repository"),
            ("adapters: {irc: [{server: \"h:1\"}]}", "adapters.irc[0]", 18, "'id' is missing"),
            ("adapters: {irc: [{id: a}]}", "adapters.irc[0]", 18, "'server' is missing"),
            ("adapters: {irc: [{id: \"a b\", server: \"localhost:1\"}]}", "adapters.irc[0].id", 23, "letters"),
            (
                "adapters: {irc: [{id: a, server: \"localhost:1\", channels: [team]}]}", "adapters.irc[0].channels[0]",
                60, "begins with #"
            ),
            ("adapters: {irc: [{id: a, server: \"localhost:1\", tls: 1}]}", "adapters.irc[0].tls", 54, "ca_file"),
            (
                "adapters: {irc: [{id: a, server: \"localhost:1\", tls: {ca_file: /nowhere}}]}",
                "adapters.irc[0].tls.ca_file", 64, "No such file"
            ),
            (
                "adapters: {irc: [{id: a, server: \"localhost:1\", sasl: {mechanism: SCRAM, account: a, password: {env: HOME}}}]}",
                "adapters.irc[0].sasl.mechanism", 67, "EXTERNAL, SCRAM-SHA-256, PLAIN"
            ),
            (
                "adapters: {matrix: [{id: a, homeserver: \"https://h\", user: \"@a:b\"}]}", "adapters.matrix[0]",
                21, "either"
            ),
        ] as [(String, String, Int, String)])
    func one(_ text: String, path: String, column: Int, says: String) {
        let errors = load(text).errors
        expectEqual(errors.map(\.path), [path])
        expectEqual(errors.first?.column, column)
        expectEqual(errors.first?.message.contains(says), true, "\(errors)")
    }

    @Test("an unquoted channel is a comment, and the error says so")
    func channelWithoutQuotes() throws {
        let text = """
            adapters:
              irc:
                - id: a
                  server: localhost:6667
                  channels:
                    - #team
            """
        let issue = try #require(load(text).errors.first)
        expectEqual(issue.path, "adapters.irc[0].channels[0]")
        #expect(issue.message.contains("in quotes"))
    }

    @Test("ids are unique across all networks")
    func adapterIDs() throws {
        let loaded = load(
            """
            adapters:
              irc: [{id: a, server: "localhost:1"}]
              telegram: [{id: a, token: {env: T}}]
            """, environment: ["T": "x"])
        expectEqual(
            loaded.errors.map(\.message),
            [
                "the id 'a' is already used by adapters.irc[0].id; each adapter needs its own"
            ])
    }

    @Test("an owner on a network that is not configured is a warning, and the configuration stays valid")
    func unknownAdapter() {
        let loaded = load("access: {owners: [\"irc:gone/account:alice\"]}")
        #expect(loaded.warnings.count == 1 && loaded.errors.isEmpty)
        expectEqual(loaded.configuration?.access.owners, ["irc:gone/account:alice"])
    }

    @Test("a server on another machine without TLS is a warning")
    func plainServer() {
        expectEqual(load("adapters: {irc: [{id: a, server: irc.example.org}]}").warnings.count, 1)
        #expect(load("adapters: {irc: [{id: a, server: 127.0.0.1}]}").issues.isEmpty)
    }

    @Test("OpenAI's own endpoint needs a key; others need none")
    func modelKey() {
        expectEqual(load("model: {provider: openai}").errors.first?.message.contains("api_key"), true)
        #expect(load("model: {provider: openai, base_url: \"http://127.0.0.1:1/v1\"}").issues.isEmpty)
    }

    @Test("plain HTTP to another machine is refused unless allowed")
    func plainEndpoint() {
        let text = "model: {provider: openai, base_url: \"http://llm.example.org/v1\""
        expectEqual(load("\(text)}").errors.first?.message.contains("https://"), true)
        #expect(load("\(text), allow_plain_http: true}").issues.isEmpty)
    }

    @Test("Without a mechanism, SASL takes a password, a certificate or both")
    func saslMechanism() throws {
        let folder = try TemporaryDirectory()
        let certificate = folder.write("irc.pem", "-----BEGIN CERTIFICATE-----\n")
        func read(_ sasl: String) -> LoadedConfiguration {
            load("adapters: {irc: [{id: a, server: localhost, tls: true, sasl: {\(sasl)}}]}")
        }
        let login = "account: a, password: {env: HOME}"
        #expect(read("mechanism: SCRAM-SHA-256, \(login)").issues.isEmpty)
        for (sasl, mechanisms) in [
            (login, ["SCRAM-SHA-256", "PLAIN"]), ("certificate: \(certificate)", ["EXTERNAL"]),
            ("\(login), certificate: \(certificate)", ["EXTERNAL", "SCRAM-SHA-256", "PLAIN"]),
        ] {
            let loaded = read(sasl)
            #expect(loaded.issues.isEmpty)
            let settings = loaded.configuration?.adapters.irc.first
            expectEqual(settings?.sasl?.mechanisms.map(\.rawValue), mechanisms)
        }
        expectEqual(read("account: a").errors.map(\.message), ["'password' is missing"])
    }

    @Test("SASL EXTERNAL needs TLS and a readable certificate")
    func external() throws {
        let folder = try TemporaryDirectory()
        let certificate = folder.write("irc.pem", "-----BEGIN CERTIFICATE-----\n")
        func read(_ tls: String, _ sasl: String) -> LoadedConfiguration {
            load("adapters: {irc: [{id: a, server: localhost, tls: \(tls), sasl: {mechanism: EXTERNAL\(sasl)}}]}")
        }
        expectEqual(read("true", "").errors.map(\.message), ["'certificate' is missing"])
        expectEqual(
            read("true", ", certificate: /nowhere").errors.map(\.message), ["/nowhere: No such file or directory"])
        expectEqual(read("false", ", certificate: \(certificate)").errors.count, 1)
        #expect(read("true", ", certificate: \(certificate)").issues.isEmpty)
    }
}
