import Copilot
import HTTP
import JSON
import Lifecycle
import Primitives
import TestSupport
import Testing

@Suite("Sign-in: discovery", .timeLimit(.minutes(1)))
struct SignInDiscoveryTests {
    private let home: TemporaryDirectory

    init() throws { self.home = try TemporaryDirectory() }

    private func discovery(
        github: String = "https://github.com", environment: [String: String] = [:], token: Secret? = nil,
        asksGH: Bool = false
    ) throws -> SignInDiscovery {
        let all = ["HOME": self.home.path].merging(environment) { $1 }
        return SignInDiscovery(
            SignInSettings(
                githubURL: try HTTPURL(github), apiURL: try HTTPURL("https://api.github.com"), token: token,
                folder: "\(self.home.path)/data/copilot", userAgent: "jetbridge/0"),
            environment: all, commandLine: asksGH ? GitHubCommandLine(environment: all, limit: .seconds(2)) : nil)
    }

    private func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws {
        let path = "\(self.home.path)/\(path)"
        try PrivateFile.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try PrivateFile.write(Array(text.utf8), to: path)
        #expect(setMode(path, mode))
    }

    @Test("all sources are listed, in order of precedence, with masked tokens")
    func order() throws {
        try self.write(
            #"{"host":"github.com","user":"me","oauth_token":"gho_own00000000000"}"#, to: "data/copilot/login.json")
        try self.write(
            #"{"github.com:Iv1.a":{"user":"octo","oauth_token":"ghu_apps0000000000"}}"#,
            to: ".config/github-copilot/apps.json")
        try self.write(
            #"{"github.com":{"user":"octo","oauth_token":"gho_hosts000000000"}}"#,
            to: ".config/github-copilot/hosts.json")
        let findings = try self.discovery(
            environment: [
                "GITHUB_TOKEN": "gho_d00000000000004", "GH_TOKEN": "gho_c00000000000003",
                "GH_COPILOT_TOKEN": "gho_b00000000000002", "COPILOT_GITHUB_TOKEN": "gho_a00000000000001",
            ], token: Secret("gho_configured0000")
        ).findings()
        expectEqual(
            findings.map(\.source.kind),
            [
                .configuration, .environment, .environment, .environment, .environment, .login, .apps, .hosts,
            ])
        expectEqual(
            findings.map { $0.token?.masked },
            [
                "gho_…000", "gho_…001", "gho_…002", "gho_…003", "gho_…004", "gho_…000", "ghu_…000", "gho_…000",
            ])
        expectEqual(findings.map(\.isBinding), [true, true, true, false, false, false, false, false])
        expectEqual(findings[1].summary, "the environment variable COPILOT_GITHUB_TOKEN: gho_…001")
        expectEqual(
            findings[6].summary,
            "an editor's sign-in (\(self.home.path)/.config/github-copilot/apps.json, github.com:Iv1.a): ghu_…000 of octo"
        )
    }

    @Test(
        "a token's prefix says what kind it is, and what it cannot do",
        arguments: [
            ("gho_abc", GitHubToken.Kind.oauthApp, true), ("ghu_abc.def-g", .appUser, true),
            ("github_pat_11AAA_bbb", .fineGrained, false), ("ghs_abc", .installation, false),
            ("ghp_abc", .classic, false), ("0123456789abcdef0123456789abcdef01234567", .early, true),
            ("  gho_abc\n", .oauthApp, true),
        ])
    func forms(_ text: String, kind: GitHubToken.Kind, isUsable: Bool) throws {
        let finding = try #require(try self.discovery(environment: ["GH_TOKEN": text]).findings().first)
        expectEqual(finding.token?.kind, kind)
        expectEqual(finding.isUsable, isUsable)
        if !isUsable { expectEqual(finding.problem?.contains("jetbridge login"), true) }
    }

    @Test(
        "an invalid token is reported without being shown",
        arguments: ["junk-secret", "gho_!", "gho_ab cd", "ghx_abcdef"])
    func malformed(_ text: String) throws {
        let finding = try #require(try self.discovery(environment: ["GH_TOKEN": text]).findings().first)
        #expect(finding.token == nil && finding.problem?.contains("not a GitHub token") == true)
        #expect(!finding.summary.contains(text))
    }

    @Test(
        "an editor's file without a complete sign-in is ignored",
        arguments: [
            "", "{", "null", "[]", #"{"github.com:Iv1.a":{"user":"octo"}}"#, #"{"github.com":{"oauth_token":""}}"#,
            #"{"github.com":{"oauth_token":7}}"#, #"{"github.com":{"oauth_token":"gho_half"#,
            #"{"github.com.evil":{"oauth_token":"gho_x"}}"#, #"{"evil.github.com":{"oauth_token":"gho_x"}}"#,
            #"{"tenant.ghe.com:Iv1.a":{"oauth_token":"gho_x"}}"#, #"{"github.com:8443":{"oauth_token":"gho_x"}}"#,
        ])
    func brokenFile(_ text: String) throws {
        try self.write(text, to: ".config/github-copilot/apps.json")
        try self.write(text, to: ".config/github-copilot/hosts.json")
        try expectEqual(self.discovery().findings(), [])
    }

    @Test("all entries for one host are tried, and a byte order mark does not matter")
    func severalEntries() throws {
        try self.write(
            "\u{FEFF}" + #"{"github.com:Iv1.a":{"oauth_token":"ghu_1"},"GitHub.com:Iv1.b":{"oauth_token":"ghu_2"}}"#,
            to: ".config/github-copilot/apps.json")
        try expectEqual(self.discovery().findings().map { $0.token?.value.reveal() }, ["ghu_1", "ghu_2"])
    }

    @Test("an enterprise's sign-ins are found by its name, and github.com's variables do not apply")
    func enterprise() throws {
        try self.write(
            #"{"github.com:a":{"oauth_token":"ghu_public"},"corp.example:a":{"oauth_token":"ghu_corp"}}"#,
            to: ".config/github-copilot/apps.json")
        let variables = ["GH_TOKEN": "gho_public", "GH_ENTERPRISE_TOKEN": "gho_corp"]
        let findings = try self.discovery(github: "https://corp.example", environment: variables).findings()
        expectEqual(findings.map { $0.token?.value.reveal() }, ["gho_corp", "ghu_corp"])
    }

    @Test("a stand-in on loopback counts as github.com")
    func loopback() throws {
        try self.write(#"{"github.com:a":{"oauth_token":"ghu_public"}}"#, to: ".config/github-copilot/apps.json")
        try expectEqual(self.discovery(github: "http://127.0.0.1:8080").findings().count, 1)
    }

    @Test("a file that other users can read is used with a warning")
    func openFile() throws {
        try self.write(
            #"{"github.com":{"oauth_token":"ghu_1"}}"#, to: ".config/github-copilot/hosts.json", mode: 0o644)
        let finding = try #require(try self.discovery().findings().first)
        #expect(finding.isUsable)
        expectEqual(finding.warning?.contains("chmod 600"), true)
    }

    @Test("XDG_CONFIG_HOME counts if its folder exists")
    func configFolder() throws {
        try self.write(#"{"github.com":{"oauth_token":"ghu_xdg"}}"#, to: "xdg/github-copilot/hosts.json")
        try self.write(#"{"github.com":{"oauth_token":"ghu_home"}}"#, to: ".config/github-copilot/hosts.json")
        let xdg = "\(self.home.path)/xdg"
        let findings = try self.discovery(environment: ["XDG_CONFIG_HOME": xdg]).findings()
        expectEqual(findings.map { $0.token?.value.reveal() }, ["ghu_xdg"])
        let missing = try self.discovery(environment: ["XDG_CONFIG_HOME": xdg + "/no"]).findings()
        expectEqual(missing.map { $0.token?.value.reveal() }, ["ghu_home"])
    }

    @Test("a login to another GitHub is listed but not used")
    func otherHost() throws {
        try self.write(#"{"host":"corp.example","oauth_token":"gho_own"}"#, to: "data/copilot/login.json")
        let finding = try #require(try self.discovery().findings().first)
        #expect(!finding.isUsable && finding.problem?.contains("corp.example") == true)
    }

    // MARK: The GitHub CLI

    private func gh(_ script: String) throws -> [String: String] {
        try self.write("#!/bin/sh\n\(script)\n", to: "bin/gh", mode: 0o755)
        return ["PATH": "\(self.home.path)/bin:/usr/bin:/bin", "GH_TOKEN": "gho_inherited", "SOME_SECRET": "gho_other"]
    }

    @Test("gh is asked for the host's token, and inherits no secret")
    func commandLine() async throws {
        let environment = try self.gh(#"env > "$HOME/env"; echo "$@" > "$HOME/args"; echo gho_fromgh00000000"#)
        let finding = try #require(
            try await self.discovery(environment: environment, asksGH: true).commandLineFinding())
        #expect(finding.token?.value.reveal() == "gho_fromgh00000000" && finding.source.kind == .githubCLI)
        expectEqual(PrivateFile.text(of: "\(self.home.path)/args"), "auth token\n")
        expectEqual(PrivateFile.text(of: "\(self.home.path)/env")?.contains("gho_"), false)
        let tenant = try #require(
            try await self.discovery(github: "https://t.ghe.com", environment: environment, asksGH: true)
                .commandLineFinding())
        #expect(tenant.isUsable)
        expectEqual(PrivateFile.text(of: "\(self.home.path)/args"), "auth token -h t.ghe.com\n")
    }

    @Test("a signed-out gh is not a source")
    func signedOut() async throws {
        let environment = try self.gh("echo 'no oauth token found' >&2; exit 1")
        try await expectEqual(self.discovery(environment: environment, asksGH: true).commandLineFinding(), nil)
        try await expectEqual(
            self.discovery(environment: ["PATH": "/nonexistent"], asksGH: true).commandLineFinding(), nil)
    }

    @Test("a hanging gh times out")
    func hangs() async throws {
        let environment = try self.gh("sleep 100")
        let finding = try #require(
            try await self.discovery(environment: environment, asksGH: true).commandLineFinding())
        expectEqual(finding.problem?.contains("did not answer within 2 s"), true)
    }
}
