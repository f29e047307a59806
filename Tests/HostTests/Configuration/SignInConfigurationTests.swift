import Host
import Primitives
import SignIn
import TestSupport
import Testing

@Suite("Configuration: sign-in to the web chat")
struct SignInConfigurationTests {
    private static let environment = ["GITHUB_CLIENT_SECRET": "s1", "OIDC_SECRET": "s2"]

    @Test("GitHub and an OpenID Connect provider are read, with their defaults")
    func both() throws {
        let loaded = load(
            """
            gateway:
              sign_in:
                github: {client_id: Iv1.abc, client_secret: {env: GITHUB_CLIENT_SECRET}}
                oidc: {issuer: "https://login.example.org/", client_id: jet, client_secret: {env: OIDC_SECRET}}
            access:
              owners: ["github:OctoCat", "oidc:Jane@Example.org", "oidc:a|B"]
              members: ["github:org/acme", "github:team/acme/core", "oidc:group/Some Team@Home"]
            """, environment: Self.environment)
        expectEqual(loaded.issues, [])
        let configuration = try #require(loaded.configuration)
        let signIn = configuration.gateway.signIn
        #expect(signIn.github?.clientID == "Iv1.abc" && signIn.github?.clientSecret.reveal() == "s1")
        expectEqual(signIn.github?.scope, "read:org repo")
        #expect(signIn.oidc?.issuer == "https://login.example.org/" && signIn.oidc?.groups == nil)
        expectEqual(signIn.oidc?.name, "single sign-on")
        expectEqual(configuration.access.owners, ["github:OctoCat", "oidc:jane@example.org", "oidc:a|B"])
        expectEqual(configuration.access.members.last, "oidc:group/Some Team@Home")
    }

    @Test(
        "mistakes are named",
        arguments: [
            ("gateway: {sign_in: {github: {client_secret: {env: GITHUB_CLIENT_SECRET}}}}", "'client_id' is missing"),
            ("gateway: {sign_in: {github: {client_id: a}}}", "'client_secret' is missing"),
            (
                "gateway: {sign_in: {github: {client_id: a, client_secret: abc}}}",
                "a secret cannot be written here; use {env: NAME} or {file: PATH}"
            ),
            (
                "gateway: {sign_in: {github: {client_id: a, client_secret: {env: NOTHING}}}}",
                "the environment variable NOTHING is not set"
            ),
            (
                "gateway: {sign_in: {github: {client_id: a, client_secret: {env: OIDC_SECRET}, scope: \"a,b\"}}}",
                "scopes are words separated by spaces, as in \"read:org repo\""
            ),
            (
                "gateway: {sign_in: {oidc: {issuer: \"http://login.example.org\", client_id: a, client_secret: {env: OIDC_SECRET}}}}",
                "the issuer must begin with https://, or sign-ins could be read on the way"
            ),
            ("gateway: {sign_in: {gitlab: {}}}", "unknown key"),
            (
                "access: {owners: [\"github:org/\"]}",
                "an identity of GitHub is github:LOGIN, github:org/ORGANISATION or github:team/ORGANISATION/TEAM, where TEAM "
                    + "is the name in the team's address"
            ),
            (
                "access: {owners: [\"oidc:group/\"]}",
                "an identity of an OpenID Connect provider is oidc:SUBJECT, oidc:MAIL-ADDRESS or oidc:group/NAME"
            ),
            (
                """
                gateway: {sign_in: {github: {client_id: a, client_secret: {env: OIDC_SECRET}}}}
                github: {web_url: "http://git.example.org", api_url: "https://git.example.org/api/v3"}
                """,
                "web_url would send tokens to another machine unencrypted; use https://"
            ),
        ])
    func mistakes(_ text: String, _ message: String) {
        expectEqual(load(text, environment: Self.environment).errors.map(\.message), [message])
    }

    @Test("an entry whose provider is not configured is a warning", arguments: ["github:octocat", "oidc:7"])
    func unconfigured(_ entry: String) {
        let loaded = load("access: {owners: [\"\(entry)\"]}")
        #expect(loaded.errors == [] && loaded.warnings.count == 1)
        expectEqual(loaded.warnings.first?.message.contains("is not configured, so this matches nobody"), true)
    }
}
